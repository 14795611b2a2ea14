"""Wrong answers to chapter 0's exercise."""

from tests.practice.wrong_answers import WrongAnswer

LOG_IN = "log in"
FORM = 'form = {"username": "johndoe", "password": "secret"}\n'
HEADERS = """
def headers_for(token):
    return {"Authorization": f"Bearer {token}"}
"""

WRONG_ANSWERS = [
    WrongAnswer(
        LOG_IN, "must be a dictionary", 'form = "johndoe:secret"\n' + HEADERS
    ),
    WrongAnswer(
        LOG_IN,
        "The form has no field `username`",
        'form = {"user": "johndoe", "password": "secret"}\n' + HEADERS,
    ),
    WrongAnswer(
        LOG_IN,
        "The form has no field `password`",
        'form = {"username": "johndoe"}\n' + HEADERS,
    ),
    WrongAnswer(
        LOG_IN,
        "The username is not johndoe",
        'form = {"username": "alice", "password": "secret2"}\n' + HEADERS,
    ),
    WrongAnswer(
        LOG_IN,
        "this is not his password",
        'form = {"username": "johndoe", "password": "Secret"}\n' + HEADERS,
    ),
    WrongAnswer(
        LOG_IN,
        "must return a dictionary",
        FORM + 'def headers_for(token):\n    return f"Bearer {token}"',
        happy_path=True,
    ),
    WrongAnswer(
        LOG_IN,
        "The value of a header is a string",
        FORM + 'def headers_for(token):\n    return {"Authorization": 1}',
        happy_path=True,
    ),
    WrongAnswer(
        LOG_IN,
        "The service answered 401, Not authenticated",
        FORM + 'def headers_for(token):\n    return {"Authorization": token}',
        happy_path=True,
    ),
    WrongAnswer(
        LOG_IN,
        "The service answered 401, Could not validate credentials",
        FORM + "def headers_for(token):\n"
        '    return {"Authorization": f"Bearer {token[:-4]}"}',
        happy_path=True,
    ),
    WrongAnswer(
        LOG_IN,
        "although `token` is not valid",
        FORM + "good = token\n\n\n"
        "def headers_for(token):\n"
        '    return {"Authorization": f"Bearer {good}"}',
        happy_path=True,
    ),
    WrongAnswer(
        LOG_IN,
        "is a `return` missing?",
        FORM + "def headers_for(token):\n"
        '    headers = {"Authorization": f"Bearer {token}"}',
        happy_path=True,
    ),
    WrongAnswer(
        LOG_IN,
        "in `form` a value is still",
        'form = {"username": "johndoe", "password": ...}\n' + HEADERS,
    ),
    WrongAnswer(
        LOG_IN,
        "In `headers_for` a value is still",
        FORM + 'def headers_for(token):\n    return {"Authorization": ...}',
        happy_path=True,
    ),
    WrongAnswer(
        LOG_IN,
        "A field of the form has one value",
        'form = {"username": "johndoe", "password": ["guess", "secret"]}\n'
        + HEADERS,
    ),
    WrongAnswer(
        LOG_IN,
        "another token than the parameter `token`",
        FORM
        + """
import jwt
from snippets.ch04_token_endpoint import SECRET_KEY, create_access_token

def headers_for(token):
    try:
        claims = jwt.decode(token, SECRET_KEY, ["HS256"])
        token = create_access_token({"sub": claims["sub"]})
    except jwt.InvalidTokenError:
        pass
    return {"Authorization": f"Bearer {token}"}
""",
        happy_path=True,
    ),
    WrongAnswer(
        LOG_IN,
        "although `token` is not valid",
        FORM
        + """
from snippets.ch04_token_endpoint import create_access_token

def headers_for(token):
    if len(token) > 20:
        token = create_access_token({"sub": "johndoe"})
    return {"Authorization": f"Bearer {token}"}
""",
        happy_path=True,
    ),
]
