"""Which certificates are trusted, and which one is shown to the endpoint."""

from __future__ import annotations

import os
import ssl
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

import httpx


class CertificateError(Exception):
    """A file of certificates or a key that cannot be used: which, and what to do."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files in PEM: the authorities that are trusted in place of the usual ones, and the client's certificate with its key."""

    ca_bundle: str | None = None
    client_cert: str | None = None
    client_key: str | None = None

    def context(self, base_url: str = "https:") -> ssl.SSLContext:
        """The settings of TLS. Raises ``CertificateError``, but not for what only the environment names if the URL needs no TLS."""
        if self == Certificates() and not base_url.startswith("https:"):
            with suppress(CertificateError):
                return self.context()
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self == Certificates():
            return _usual(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        context = self._trusting()
        if self.client_cert is not None:
            self._show(context, self.client_cert)
        elif self.client_key is not None:
            raise CertificateError("--client-key needs --client-cert, the certificate that belongs to it")
        return context

    def _trusting(self) -> ssl.SSLContext:
        if self.ca_bundle is None:
            return _from_environment()
        _readable("--ca-bundle", self.ca_bundle)
        try:
            context = ssl.create_default_context(cafile=self.ca_bundle)
        except (OSError, ValueError):
            raise CertificateError(f"--ca-bundle: {self.ca_bundle} holds no certificate in PEM") from None
        # Authorities of companies often lack an extension that Python 3.13 and newer ask for, and curl does not.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context

    def _show(self, context: ssl.SSLContext, cert: str) -> None:
        _readable("--client-cert", cert)
        if self.client_key is not None:
            _readable("--client-key", self.client_key)
        where = f"--client-cert: {cert}" + (f" with --client-key {self.client_key}" if self.client_key else " without --client-key")
        try:
            context.load_cert_chain(cert, self.client_key, password=_refuse)
        except (OSError, ValueError):  # OpenSSL's own words are no help
            raise CertificateError(f"{where}: these are no certificate in PEM and the key that belongs to it") from None


def _refuse() -> NoReturn:
    """Answer OpenSSL's question for a passphrase, which would wait for a terminal."""
    raise CertificateError("--client-key is encrypted: give one without a passphrase, in a file that only you can read")


def _readable(option: str, path: str) -> None:
    try:
        Path(path).open("rb").close()
    except OSError as error:
        raise CertificateError(f"{option}: {path} cannot be read ({error.strerror})") from None


@lru_cache
def _usual(file: str | None, folder: str | None) -> ssl.SSLContext:
    """The settings with the usual authorities, read once a process: it takes some thirty milliseconds."""
    return _from_environment()


def _from_environment() -> ssl.SSLContext:
    """The settings with the authorities that the environment names, or else the usual ones."""
    try:
        return httpx.create_ssl_context()
    except OSError:  # among them errors of OpenSSL
        named = next(name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name))
        raise CertificateError(f"{named} in the environment: {os.environ[named]} holds no certificates that can be read") from None
