"""Right answers to chapter 0's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

LOG_IN = "log in"
FORM = 'form = {"username": "johndoe", "password": "secret"}\n'

RIGHT_ANSWERS: list[RightAnswer] = [
    RightAnswer(
        LOG_IN,
        "the form with all fields of the standard",
        """
form = {
    "grant_type": "password",
    "username": "johndoe",
    "password": "secret",
    "scope": "",
}

def headers_for(token):
    return {"Authorization": "Bearer " + token}
""",
    ),
    RightAnswer(
        LOG_IN,
        "a lambda, and names in small letters",
        FORM
        + 'headers_for = lambda token: {"authorization": f"bearer {token}"}',
    ),
    RightAnswer(
        LOG_IN,
        "a dictionary that is filled step by step",
        """
form = dict(username="johndoe")
form["password"] = "secret"

def headers_for(token):
    headers = {}
    headers["Authorization"] = "Bearer %s" % token
    return headers
""",
    ),
    RightAnswer(
        LOG_IN,
        "a class, and another header beside it",
        FORM
        + """
class Headers:
    def __call__(self, token):
        value = " ".join(["Bearer", token])
        return {"Accept": "application/json", "Authorization": value}

headers_for = Headers()
""",
    ),
]

EQUIVALENT_MUTANTS: list[EquivalentMutant] = []
