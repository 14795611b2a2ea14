"""The values for Kubernetes: keys that the chart knows, and our own facts."""

import copy
from typing import Any

import jsonschema
import pytest
import yaml

from course.chapters import ROOT, find

CONFIG: dict[str, Any] = yaml.safe_load(
    (ROOT / "rooms/kubernetes/config.yaml").read_text(encoding="utf-8")
)


def only(**properties: object) -> dict[str, object]:
    """A schema for an object that has no other properties than these."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


TEXT, FLAG, WHOLE = (
    {"type": ["string", "null"]},
    {"type": "boolean"},
    {"type": ["integer", "null"]},
)
AMOUNT = {"type": ["number", "string", "null"]}
NUMBER = {"type": ["number", "null"]}
# What our file uses of `jupyterhub/values.schema.yaml` of
# https://github.com/jupyterhub/zero-to-jupyterhub-k8s, in our words. The
# chart refuses every key that is not in its schema.
SCHEMA = only(
    singleuser=only(
        image=only(name={"type": "string"}, tag={"type": "string"}),
        defaultUrl=TEXT,
        cmd={"type": ["array", "string", "null"]},
        memory=only(guarantee=AMOUNT, limit=AMOUNT),
        cpu=only(guarantee=NUMBER, limit=NUMBER),
        storage=only(
            type={"enum": ["dynamic", "static", "none"]},
            capacity=TEXT,
            homeMountPath={"type": "string"},
        ),
        networkPolicy=only(
            egressAllowRules=only(
                cloudMetadataServer=FLAG,
                dnsPortsCloudMetadataServer=FLAG,
                privateIPs=FLAG,
                nonPrivateIPs=FLAG,
            )
        ),
    ),
    hub=only(config={"type": "object"}),
    cull=only(enabled=FLAG, timeout=WHOLE, every=WHOLE),
)


def test_chart_knows_every_key() -> None:
    jsonschema.validate(CONFIG, SCHEMA)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("singleuser.memory.request", "256M"),
        ("singleuser.image.tag", 1),
        ("singleuser.storage.type", "disk"),
        ("cull.timeout", "3600"),
        ("culling", {}),
    ],
    ids=str,
)
def test_misspelt_key_and_wrong_type_are_noticed(
    path: str, value: object
) -> None:
    spoilt = copy.deepcopy(CONFIG)
    *folders, name = path.split(".")
    place = spoilt
    for folder in folders:
        place = place[folder]
    place[name] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spoilt, SCHEMA)


def test_it_opens_the_first_chapter() -> None:
    name = find("ch00").notebook.name
    assert CONFIG["singleuser"]["defaultUrl"] == f"/lab/tree/work/{name}"


def test_volume_hides_nothing_of_the_course() -> None:
    """The image has the repository in `/home/jovyan`; `work/` is ignored."""
    mounted = CONFIG["singleuser"]["storage"]["homeMountPath"]
    assert mounted == "/home/jovyan/work"
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert "work/" in ignored


def test_limit_leaves_room_for_several_kernels() -> None:
    memory = CONFIG["singleuser"]["memory"]
    assert (memory["guarantee"], memory["limit"]) == ("256M", "1G")
