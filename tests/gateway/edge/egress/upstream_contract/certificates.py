"""Certificates made for one run of the tests."""

import datetime
import ipaddress
import ssl
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY: Final = datetime.timedelta(days=1)


def _name(word: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, word)])


class Authority:
    """Signs what it is asked to; `trust` is a context that believes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Test authority")
        self.file = folder / "authority.pem"
        certificate = self._built(subject=self._name, key=self._key, days=30, authority=True)
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def served(
        self,
        *,
        host: str = "127.0.0.1",
        days: int = 30,
        self_signed: bool = False,
        named: str = "leaf",
    ) -> ssl.SSLContext:
        """What a server for this host presents; negative days: expired so long ago."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(host)
        certificate = self._built(
            subject=subject,
            key=key,
            days=days,
            host=host,
            issuer=(subject, key) if self_signed else None,
        )
        pem = self._folder / f"{named}.pem"
        pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context

    def _built(
        self,
        *,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        days: int,
        host: str = "",
        authority: bool = False,
        issuer: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None = None,
    ) -> x509.Certificate:
        by, signing = issuer or (self._name, self._key)
        end = datetime.datetime.now(datetime.UTC) + days * DAY
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(by)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - 400 * DAY)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if host:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_alternative(host)]), critical=False
            )
        return builder.sign(signing, hashes.SHA256())


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
