"""An app behind TLS on this machine, with a certificate of its own."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI

from course.classroom.server import LOOPBACK, bind, url_of


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a key and its certificate for this machine, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, LOOPBACK)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.IPAddress(IPv4Address(LOOPBACK))]
            ),
            critical=False,
        )
        .add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        .sign(key, hashes.SHA256())
    )
    files = folder / "key.pem", folder / "certificate.pem"
    encoding = serialization.Encoding.PEM
    files[0].write_bytes(
        key.private_bytes(
            encoding,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    files[1].write_bytes(certificate.public_bytes(encoding))
    return files


@contextmanager
def serving_over_tls(
    folder: Path, app: FastAPI
) -> Iterator[tuple[str, ssl.SSLContext]]:
    """Serve an app; give its URL, and what trusts its certificate."""
    key, certificate = write_certificate(folder)
    listener = bind()
    config = uvicorn.Config(
        app,
        log_config=None,
        ssl_keyfile=str(key),
        ssl_certfile=str(certificate),
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        while thread.is_alive() and not server.started:
            time.sleep(0.002)
        url = url_of(listener).replace("http:", "https:")
        yield url, ssl.create_default_context(cafile=str(certificate))
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
