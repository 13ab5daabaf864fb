"""Login and TLS, against aiosmtpd with a certificate of our own: nothing goes over less than what is configured."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from post_office import PostOffice, letter
from promofuse.delivery.account import SmtpServer
from promofuse.errors import MailUnreachable


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-made certificate for 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "cert.pem"
    encoding, none = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, none)
    path.write_bytes(made.public_bytes(encoding) + private)
    return path


class Desk:
    """What the server was told."""

    def __init__(self):
        self.messages, self.logins, self.secured = [], [], []

    async def handle_DATA(self, server, session, envelope):
        self.messages.append(envelope.content)
        self.secured.append(session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None)
        return "250 taken"

    def log_in(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"secret", handled=False)


@pytest.fixture
def serve(certificate):
    """Start servers: serve("tls" | "starttls" | "none") -> (desk, port)."""
    running = []

    def start(security):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        desk = Desk()
        controller = Controller(
            desk,
            hostname="127.0.0.1",
            port=port,
            ssl_context=context if security == "tls" else None,
            tls_context=context if security == "starttls" else None,
            require_starttls=security == "starttls",
            auth_require_tls=security == "starttls",  # aiosmtpd does not see that a connection began with TLS
            authenticator=desk.log_in,
        )
        controller.start()
        running.append(controller)
        return desk, port

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture
def office(tmp_path):
    with PostOffice(tmp_path, [letter(number) for number in range(3)]) as office:
        yield office


def send(office, port, security, **login):
    return office.send(
        port, server=SmtpServer(host="127.0.0.1", port=port, security=security, timeout=5, data_timeout=5, **login)
    )


LOGIN = {"username": "me", "password": "secret"}


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_letters_go_over_tls_after_a_login(office, serve, certificate, monkeypatch, security):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    desk, port = serve(security)

    outcome = send(office, port, security, **LOGIN)

    assert (outcome.sent, outcome.stopped) == (3, None)
    assert desk.secured == [True] * 3
    assert set(desk.logins) == {(b"me", b"secret")}


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused_before_the_password(office, serve, security):
    desk, port = serve(security)

    outcome = send(office, port, security, **LOGIN)

    assert isinstance(outcome.stopped, MailUnreachable)
    assert "certificate" in str(outcome.stopped).casefold()
    assert (desk.logins, desk.messages, outcome.left) == ([], [], 3)


def test_a_server_without_starttls_gets_neither_password_nor_letter(office, serve):
    desk, port = serve("none")

    outcome = send(office, port, "starttls", **LOGIN)

    assert "STARTTLS" in str(outcome.stopped)
    assert (desk.logins, desk.messages, outcome.left) == ([], [], 3)


def test_a_server_that_wants_starttls_is_said_to(office, serve):
    desk, port = serve("starttls")

    outcome = send(office, port, "none")

    assert "530" in str(outcome.stopped)
    assert "security" in outcome.stopped.hint
    assert (desk.messages, outcome.retry + outcome.left) == ([], 3)


def test_a_wrong_password_is_not_tried_for_long(office, serve):
    desk, port = serve("none")

    outcome = send(office, port, "none", username="me", password="wrong")

    assert "535" in str(outcome.stopped)
    assert "password" in outcome.stopped.hint
    assert outcome.left == 3
    assert len(desk.logins) <= 24  # a few connections, two rounds, each of the methods that the server offers
    assert desk.messages == []
