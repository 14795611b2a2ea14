"""The stories: what each chapter is about, told by its code in a terminal.

`python -m course story ch04` finds a chapter's story by its name, `ch04`.
"""

from datetime import UTC, datetime, timedelta

import httpx
import jwt

from course.classroom import raises, serve, show
from snippets import ch01_jwt_anatomy as anatomy
from snippets import ch03_dependency_wiring as wiring
from snippets import ch04_token_endpoint as endpoint
from snippets import ch05_check_it as strict
from snippets import ch06_scopes as scopes
from snippets.ch02_password_hashing import hash_password, verify_password


def tell(sentence: str, response: httpx.Response) -> None:
    """Print a sentence, and below it the exchange it is about."""
    print(f"\n{sentence}\n")
    show(response)


def bearer(token: str) -> dict[str, str]:
    """Write the header that carries a token (RFC 6750 §2.1)."""
    return {"Authorization": f"Bearer {token}"}


def tamper(token: str) -> str:
    """Return the token with its signature turned round."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{signature[::-1]}"


async def ch01() -> None:
    """Sign a token, read it with no key, forge it, and see it refused."""
    key = b"a teaching key, published: protects nothing"
    print("\nA token that we signed for Mallory:")
    token = anatomy.encode({"sub": "mallory"}, key)
    print(token)
    print("\nAnybody reads its middle part, with no key:")
    header, payload, signature = token.split(".")
    print(anatomy.read_object(anatomy.base64url_decode(payload)))
    print("\nMallory puts another name there:")
    forged = f"{header}.{anatomy.write_object({'sub': 'johndoe'})}.{signature}"
    print(forged)
    print("\nWe compute the signature anew, with our key:")
    with raises(anatomy.RefusedTokenError):
        anatomy.decode(forged, key)


async def ch02() -> None:
    """Hash one password twice, and check two passwords against the hashes."""
    print("\nThe same password, hashed twice:")
    hashes = [hash_password("secret") for _ in range(2)]
    print(*hashes, sep="\n")
    print("\nEach has a salt of its own, so they differ:")
    print(hashes[0] != hashes[1])
    print("\nThe password verifies against both all the same:")
    print([verify_password("secret", hashed) for hashed in hashes])
    print("\nAnother password does not:")
    print(verify_password("Secret", hashes[0]))


async def ch03() -> None:
    """Knock without a token, with a good one, and with a tampered one."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=wiring.app),
        base_url="http://testserver",
    ) as client:
        me = await client.get("/users/me/")
        tell("Without a token nobody gets in.", me)
        expiry = datetime.now(UTC) + timedelta(minutes=5)
        claims = {"sub": "johndoe", "exp": expiry}
        token = jwt.encode(claims, wiring.SECRET_KEY, wiring.ALGORITHM)
        me = await client.get("/users/me/", headers=bearer(token))
        tell("A token that PyJWT signed with our key is accepted.", me)
        me = await client.get("/users/me/", headers=bearer(tamper(token)))
        tell("The same token under another signature is refused.", me)


async def ch04() -> None:
    """Trade a password for a token, use it, and be refused in three ways."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=endpoint.app),
        base_url="http://testserver",
    ) as client:
        john = {"username": "johndoe", "password": "secret"}
        tell(
            "A wrong password gets no token.",
            await client.post("/token", data=john | {"password": "guess"}),
        )
        login = await client.post("/token", data=john)
        tell("The right one is traded for a token.", login)
        token = login.json()["access_token"]
        me = await client.get("/users/me/", headers=bearer(token))
        tell("The token says who is calling, no password needed.", me)
        items = await client.get("/users/me/items/", headers=bearer(token))
        tell("It opens every endpoint that asks for a user.", items)
        me = await client.get("/users/me/", headers=bearer(tamper(token)))
        tell("Under another signature it opens nothing.", me)
        alice = {"username": "alice", "password": "secret2"}
        login = await client.post("/token", data=alice)
        token = login.json()["access_token"]
        me = await client.get("/users/me/", headers=bearer(token))
        tell("alice has a token too, but her account is disabled.", me)


async def ch05() -> None:
    """Over real TCP: each refusal says what the client should do next."""
    with serve(strict.app) as server:
        print(f"\nA server of our own listens here:\n{server.url}")
        async with httpx.AsyncClient(base_url=server.url) as client:
            john = {
                "grant_type": "password",
                "username": "johndoe",
                "password": "secret",
            }
            tell(
                "A wrong password is an invalid_grant: ask for another.",
                await client.post("/token", data=john | {"password": "guess"}),
            )
            login = await client.post("/token", data=john)
            tell("The right one buys a token, for so many seconds.", login)
            token = login.json()["access_token"]
            me = await client.get("/users/me/", headers=bearer(token))
            tell("With the token the record is open.", me)
            me = await client.get("/users/me/")
            tell("Without one: log in.", me)
            me = await client.get("/users/me/", headers=bearer(tamper(token)))
            tell("With a bad one: log in again.", me)
            both = [("Authorization", f"Bearer {token}")] * 2
            me = await client.get("/users/me/", headers=both)
            tell("With two: mend the request.", me)


async def ch06() -> None:
    """Ask for too much, carry little, and be told what would be enough."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=scopes.app),
        base_url="http://testserver",
    ) as client:
        john = {
            "grant_type": "password",
            "username": "johndoe",
            "password": "secret",
        }
        tell(
            "johndoe asks for a scope that nobody gave him.",
            await client.post("/token", data=john | {"scope": "admin"}),
        )
        login = await client.post("/token", data=john | {"scope": "me"})
        tell("He may have this one, and the answer says so.", login)
        headers = bearer(login.json()["access_token"])
        me = await client.get("/users/me/", headers=headers)
        tell("The token tells who he is.", me)
        items = await client.get("/users/me/items/", headers=headers)
        tell("It opens nothing else, and hears what would.", items)
        login = await client.post("/token", data=john | {"scope": "items me"})
        tell("So he asks for both.", login)
        headers = bearer(login.json()["access_token"])
        items = await client.get("/users/me/items/", headers=headers)
        tell("Now the items are open.", items)
