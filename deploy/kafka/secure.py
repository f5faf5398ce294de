"""A broker that asks who you are: certificates of its own, users, and who may do what."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

CA = "ca.pem"
# Passwords of brokers that live for one test run on this machine alone.
USERS = {"admin": "admin-secret", "nobody": "nobody-secret"}

_MODULES = "org.apache.kafka.common.security"
_SETTINGS = """\
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config={modules}.plain.PlainLoginModule required {users};
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config={modules}.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={modules}.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:ANONYMOUS
allow.everyone.if.no.acl.found=false
"""


def make_certificates(folder: Path, host: str, *, expired: bool) -> None:
    """`ca.pem` to trust, and the broker's key with its certificate in `server.pem`."""
    _openssl(
        folder,
        "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.pem"
        " -subj /CN=copydesk-test-ca -addext keyUsage=critical,keyCertSign",
    )
    _openssl(
        folder, f"req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN={host}"
    )
    (folder / "names").write_text(
        f"subjectAltName=IP:{host},DNS:localhost\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"  # Python 3.13 looks for it
    )
    (folder / "serial").write_text("01\n")
    (folder / "issued").write_text("")
    until = datetime.now(UTC) + timedelta(days=-1 if expired else 1)
    since = until - timedelta(days=3)
    (folder / "ca.conf").write_text(
        "[ca]\ndefault_ca=own\n[own]\ndatabase=issued\nserial=serial\nnew_certs_dir=.\n"
        "default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n"
    )
    _openssl(
        folder,
        "ca -batch -config ca.conf -cert ca.pem -keyfile ca.key -in server.csr"
        f" -out server.crt -notext -extfile names -startdate {since:%y%m%d%H%M%SZ}"
        f" -enddate {until:%y%m%d%H%M%SZ}",
    )
    _openssl(folder, "pkcs8 -topk8 -nocrypt -in server.key -out server.pk8")
    parts = [(folder / name).read_text() for name in ("server.pk8", "server.crt", CA)]
    (folder / "server.pem").write_text("".join(parts))


def settings(folder: Path) -> str:
    """Lines for the broker's configuration."""
    known = " ".join(f'user_{name}="{password}"' for name, password in USERS.items())
    return _SETTINGS.format(
        modules=_MODULES, users=known, keystore=folder / "server.pem", ca=folder / CA
    )


def scram_arguments() -> list[str]:
    """What makes the users known when the storage is formatted."""
    arguments = []
    for name, password in USERS.items():
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
            arguments += ["--add-scram", f"{mechanism}=[name={name},password={password}]"]
    return arguments


def _openssl(folder: Path, command: str) -> None:
    whole = ["openssl", *command.split()]
    subprocess.run(whole, cwd=folder, check=True, capture_output=True)
