"""What a browser tab lacks, and what takes its place there.

`start.replace_all` runs when a kernel starts, before any cell. The chapters
and the classroom are the same files as everywhere else.

| a tab has no | what takes its place | its limits |
|---|---|---|
| thread | `threads`: the function runs at once, where it is called | no check is stopped when it never ends; threads of a cell raise |
| second event loop | `event_loop`: one that only waits for timers | a wait for anything else raises |
| process | `program`: the text runs in this process, with own modules | `python -c` only |
| socket | `loopback`: clients find the app by its address | within one tab |
| bcrypt | `bcrypt`: bcryptjs, a JavaScript library | passwords are UTF-8 |
| argon2 | `argon2_bindings`: noble-hashes under argon2-cffi | slower |
| `hashlib.pbkdf2_hmac` | `hashing`: noble-hashes | slower |
| cryptography, joserfc | `absent`: names that raise when called | chapters 9 to 11 are read |
| ZeroMQ, jupyter_client | `absent` | `fresh_kernel` raises |
| matplotlib | `plot`: lines and labels as SVG | what chapter 2 draws |
"""
