"""What a browser tab lacks, and what takes its place there.

`start.begin` runs when a kernel starts, before any cell. The chapters and the
classroom are the same files as everywhere else.

- No threads. `threads`: a function runs at once, where it is called. A check
  that never ends is therefore not stopped. A cell's own threads raise.
- No second event loop. `event_loop`: one whose tasks wait for each other and
  for timers. A wait for anything else raises.
- No processes. `program`: the text of `python -c` runs in this process, with
  its own copies of modules. Any other command raises.
- No sockets. `loopback`: clients find the app by its address, in this tab.
- No bcrypt and no Argon2. `bcrypt` and `argon2_bindings` have their
  interfaces, and JavaScript libraries compute: bcryptjs and noble-hashes. So
  does `hashing` for `hashlib.pbkdf2_hmac`. The hashes are real ones.
- No cryptography, no joserfc, no ZeroMQ. `absent`: names that can be imported
  and raise when they are called.
- Less stack. `nested_json`: nested brackets are read in Python instead of C,
  so too many of them raise RecursionError and do not end the kernel.
- No matplotlib. `plot`: one kind of plot, drawn as SVG.
"""
