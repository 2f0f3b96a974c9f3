"""An authority, a server of it and a user with a certificate of it, made anew for each run."""

from __future__ import annotations

import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PASSWORD = "transport"


class Authority:
    """Its files are in one folder."""

    def __init__(self, place: Path) -> None:
        place.mkdir(parents=True)
        self.certificate, self.user = place / "authority.pem", place / "user.p12"
        self._server = place / "server.pem"
        self._key = ec.generate_private_key(ec.SECP256R1())
        own = self._signed("dropoff test authority", self._key, x509.BasicConstraints(ca=True, path_length=0))
        self.certificate.write_bytes(own.public_bytes(serialization.Encoding.PEM))
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        )
        server = self._signed("localhost", key, names)
        self._server.write_bytes(_key_text(key) + server.public_bytes(serialization.Encoding.PEM))
        key = ec.generate_private_key(ec.SECP256R1())
        user = self._signed("a user", key, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]))
        sealed = serialization.BestAvailableEncryption(PASSWORD.encode())
        self.user.write_bytes(pkcs12.serialize_key_and_certificates(b"user", key, user, [own], sealed))

    def server(self) -> ssl.SSLContext:
        """A server that asks for a certificate, and goes on without."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._server)
        context.load_verify_locations(self.certificate)
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def give_to(self, folder: Path) -> None:
        """Gives the user's certificate to a Firefox's profile, which then trusts the authority."""
        database = f"sql:{folder}"
        trusted = ["certutil", "-A", "-n", "authority", "-t", "CT,,", "-i", self.certificate, "-d", database]
        given = ["pk12util", "-i", self.user, "-W", PASSWORD, "-K", "", "-d", database]
        for command in (trusted, given):
            ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
            assert ran.returncode == 0, f"{command[0]}: {ran.stdout} {ran.stderr}"

    def _signed(
        self, name: str, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dropoff test authority")])
        builder = x509.CertificateBuilder(
            issuer_name=issuer,
            subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - timedelta(days=1),
            not_valid_after=now + timedelta(days=30),
        )
        return builder.add_extension(extension, critical=False).sign(self._key, hashes.SHA256())


def _key_text(key: ec.EllipticCurvePrivateKey) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
