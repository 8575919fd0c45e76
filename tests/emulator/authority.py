"""A private certificate authority: a certificate for each host name, made when a client first asks for it."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import trustme


class Authority:
    """Vouches for any host towards those who trust its certificate, which lies at `certificate`.

    A folder keeps its authority, so that what a person exported once is good for the emulator's next start too.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate = folder / "ca.pem"
        self._ca = _kept(folder / "ca-key.pem", self.certificate)
        self._contexts: dict[str, ssl.SSLContext] = {}

    def server_context(self) -> ssl.SSLContext:
        """Return the server's side of TLS, which shows each client the certificate of the host it wants."""
        context = self._context("localhost")
        context.sni_callback = self._choose
        return context

    def _choose(self, connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        if name is not None:
            connection.context = self._context(name)

    def _context(self, host: str) -> ssl.SSLContext:
        if host not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._ca.issue_cert(host).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]


def _kept(key: Path, certificate: Path) -> trustme.CA:
    if key.exists() and certificate.exists():
        return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
    made = trustme.CA(organization_name="Azure ML emulator", organization_unit_name="for this machine only")
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(made.private_key_pem.bytes())
    made.cert_pem.write_to_path(str(certificate))
    return made
