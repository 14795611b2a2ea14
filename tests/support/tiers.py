"""Which tests a run of its own selects, as pytest's options."""

# The tiers quick and integration, and no more examples than there.
UP_TO_INTEGRATION = (
    *("-m", "not (slow or browser or room or tab)"),
    "--hypothesis-profile=quick",
)
# These and the tiers slow and browser, with no more examples.
ALL_BRIEFLY = ("--all", "--hypothesis-profile=quick")
