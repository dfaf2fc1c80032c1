"""Every adapter speaks TLS where its URL says so, and only with a server somebody vouches for."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stores.clickhouse.client import ClickHouse
from stores.errors import StoreUnavailable
from stores.postgres.client import Postgres
from stores.qdrant.client import Qdrant
from stores.redis.client import Redis
from stores.urls import StoreUrls

#: What a client of Postgres says before it speaks TLS.
_SSL_REQUEST = bytes.fromhex("0000000804d2162f")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    path = folder / "ca.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


@asynccontextmanager
async def behind_tls(url: str, certificate: Path) -> AsyncIterator[tuple[int, list[str]]]:
    """A server that ends TLS in front of a store; its port, and the versions that were spoken."""
    parts = urlsplit(url)
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.minimum_version = ssl.TLSVersion.TLSv1_3
    secure.load_cert_chain(certificate, certificate.with_name("key.pem"))
    spoken: list[str] = []
    postgres = parts.scheme == "postgresql"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if postgres:
                assert await reader.readexactly(8) == _SSL_REQUEST
                writer.write(b"S")
                await writer.start_tls(secure)
            spoken.append(writer.get_extra_info("ssl_object").version())
            inward = await asyncio.open_connection(parts.hostname, parts.port)
            await asyncio.gather(copy(reader, inward[1]), copy(inward[0], writer))
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client does not trust us
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=None if postgres else secure)
    try:
        yield server.sockets[0].getsockname()[1], spoken
    finally:
        server.close()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def version(store: str, url: str) -> str:
    client: Postgres | ClickHouse | Redis | Qdrant
    kinds: dict[str, Callable[[str], Postgres | ClickHouse | Redis | Qdrant]] = {
        "postgres": Postgres,
        "clickhouse": ClickHouse,
        "redis": Redis,
        "qdrant": Qdrant,
    }
    client = kinds[store](url)
    try:
        asked: Awaitable[str] = client.version()
        return await asked
    finally:
        await client.close()


def secured(store: str, url: str, port: int, certificate: Path, *, trusted: bool) -> str:
    """The URL of a store behind TLS, as docs/deployment.md writes it."""
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    place = f"{user}{at}127.0.0.1:{port}{parts.path}"
    file = certificate if trusted else "/dev/null"
    return {
        "postgres": f"postgresql://{place}?sslmode=verify-full&sslrootcert={file}",
        "clickhouse": f"https://{place}",
        "redis": f"rediss://{place}" + (f"?ssl_ca_certs={certificate}" if trusted else ""),
        "qdrant": f"https://{place}",
    }[store]


@pytest.mark.parametrize("store", ["postgres", "clickhouse", "redis", "qdrant"])
async def test_a_store_is_reached_over_tls_when_its_certificate_is_good(
    store: str, engine_urls: StoreUrls, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain: str = getattr(engine_urls, store)
    async with behind_tls(plain, certificate) as (port, spoken):
        if store in {"clickhouse", "qdrant"}:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        good = secured(store, plain, port, certificate, trusted=True)
        assert await version(store, good) == await version(store, plain)
        assert set(spoken) == {"TLSv1.3"}

        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with pytest.raises(StoreUnavailable):
            await version(store, secured(store, plain, port, certificate, trusted=False))
