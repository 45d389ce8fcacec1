"""``--ca-bundle``, ``--client-cert`` and ``--client-key``, against a real server that asks for a certificate."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from harness.model import Exchange, Request, Subject
from harness.reporting.reproduce import curl
from harness.wire.certificates import CertificateError, Certificates
from harness.wire.redaction import Scrubber
from harness.wire.transport import Wire

EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority (ca), a server's certificate and a client's, each with its key; another authority, and an encrypted key."""
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    for name in ("ca", "other"):
        openssl("req", "-x509", *EC, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
    for name, more in (("server", ("-addext", "subjectAltName=IP:127.0.0.1")), ("client", ())):
        openssl(
            *("req", "-x509", "-CA", "ca.pem", "-CAkey", "ca.key", *EC, "-subj", f"/CN={name}", *more),
            *("-addext", "basicConstraints=critical,CA:FALSE", "-keyout", f"{name}.key", "-out", f"{name}.pem"),
        )
    openssl("req", *EC[:-2], "-subj", "/CN=old", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "old.key", "-out", "old.csr")
    openssl(
        *("x509", "-req", "-in", "old.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
        *("-copy_extensions", "copy", "-days", "-1", "-out", "old.pem"),
    )
    openssl("ec", "-in", "client.key", "-aes256", "-passout", "pass:x", "-out", "encrypted.key")
    (folder / "both.pem").write_bytes((folder / "client.pem").read_bytes() + (folder / "client.key").read_bytes())
    return folder


class Answers(BaseHTTPRequestHandler):
    """Says whose certificate it was shown."""

    def do_GET(self) -> None:
        """Answer."""
        assert isinstance(self.connection, ssl.SSLSocket)
        shown = self.connection.getpeercert()
        text = str(shown["subject"] if shown else "nobody").encode()
        self.send_response(200)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    """A server that serves only whom it knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # so that a missing certificate fails the handshake, not the first read
    serving = HTTPServer(("127.0.0.1", 0), Answers)
    serving.socket = context.wrap_socket(serving.socket, server_side=True)
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"https://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    thread.join()
    serving.server_close()


def send(url: str, certificates: Certificates) -> Exchange:
    """Send one request."""

    async def go() -> Exchange:
        wire = Wire(url, Scrubber(), certificates=certificates, trust_env=False)
        try:
            return await wire.exchange(Request("models", "GET", "/models", (), b""), "a")
        finally:
            await wire.close()

    return asyncio.run(go())


def kind(exchange: Exchange) -> str | None:
    """What kept a request from being answered."""
    return exchange.trouble.kind if exchange.trouble is not None else None


def test_server_of_an_own_authority_serves_whom_it_knows(server: str, folder: Path) -> None:
    given = {name: str(folder / name) for name in ("ca.pem", "other.pem", "client.pem", "client.key", "both.pem")}
    for certificates in (
        Certificates(given["ca.pem"], given["client.pem"], given["client.key"]),
        Certificates(given["ca.pem"], given["both.pem"]),
    ):
        exchange = send(server, certificates)
        assert (exchange.status, kind(exchange)) == (200, None)
        assert b"client" in exchange.body
    assert kind(send(server, Certificates())) == "tls", "nobody trusts that authority"
    assert kind(send(server, Certificates(given["other.pem"], given["client.pem"], given["client.key"]))) == "tls"
    assert send(server, Certificates(given["ca.pem"])).status is None, "and it serves nobody without a certificate"


def test_expired_certificate_is_named(folder: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "old.pem", folder / "old.key")
    with HTTPServer(("127.0.0.1", 0), Answers) as serving:
        serving.socket = context.wrap_socket(serving.socket, server_side=True)
        thread = threading.Thread(target=serving.handle_request)
        thread.start()
        exchange = send(f"https://127.0.0.1:{serving.server_port}", Certificates(str(folder / "ca.pem")))
        thread.join()
    assert exchange.trouble is not None
    assert exchange.trouble.kind == "tls"
    assert "certificate has expired" in exchange.trouble.text


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (("none.pem", None, None), "--ca-bundle: {}/none.pem cannot be read (No such file or directory)"),
        (("ca.key", None, None), "--ca-bundle: {}/ca.key holds no certificate in PEM"),
        ((None, "none.pem", None), "--client-cert: {}/none.pem cannot be read (No such file or directory)"),
        ((None, "client.pem", "none.key"), "--client-key: {}/none.key cannot be read (No such file or directory)"),
        ((None, "client.pem", None), "--client-cert: {}/client.pem without --client-key: these are no certificate in PEM and the key"),
        ((None, "client.pem", "ca.key"), "--client-cert: {}/client.pem with --client-key {}/ca.key: these are no certificate"),
        ((None, "client.pem", "encrypted.key"), "--client-key is encrypted: give one without a passphrase"),
        ((None, None, "client.key"), "--client-key needs --client-cert"),
    ],
)
def test_files_that_cannot_be_used_are_named(files: tuple[str | None, str | None, str | None], says: str, folder: Path) -> None:
    with pytest.raises(CertificateError) as refused:
        Certificates(*(str(folder / name) if name else None for name in files)).context()
    assert str(refused.value).startswith(says.format(folder, folder))


def test_bundle_of_the_environment_is_trusted_on_loopback_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))
    assert {one["subject"] for one in Certificates().context().get_ca_certs()} == {((("commonName", "ca"),),)}


@pytest.mark.parametrize("name", ["none.pem", "ca.key"])
def test_bundle_of_the_environment_that_cannot_be_read_is_named(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / name))
    with pytest.raises(CertificateError, match=f"SSL_CERT_FILE in the environment: .*{name} holds no certificates that can be read"):
        Certificates().context("https://h/v1")
    assert Certificates().context("http://h/v1")


def test_command_that_sends_a_request_again_names_the_files() -> None:
    options = ("--ca-bundle=/a/ca.pem", "--client-cert=/a/my cert.pem", "--client-key=/a/k.pem")
    subject = Subject("https://h/v1", "m", "m", "m", "openai", options=options)
    shown = curl(subject, Request("models", "GET", "/models", (), b""))
    assert shown == "curl -sS https://h/v1/models --cacert /a/ca.pem --cert '/a/my cert.pem' --key /a/k.pem"
