"""A small graph of mutations over portfolios, to try what every mutation must do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import strawberry
from strawberry import Info
from strawberry.schema.config import StrawberryConfig

from gateway.schema import GatewaySchema
from gateway.schema import make_schema as edge_schema
from resolvers.connection import Connection
from resolvers.errors import NotFound
from resolvers.fields import column, entity, root_field, root_page
from resolvers.mutation import (
    Change,
    Entry,
    IdempotentInput,
    Payload,
    ReplayablePayload,
    UserErrorCode,
    VersionedInput,
    changed,
    given,
    mutation,
    outcome,
    shown_once,
    taken,
)
from resolvers.node import Node, NodeQuery
from resolvers.permissions import Access, Tier
from resolvers.plan import Owner, Table
from resolvers.scalars import SCALARS
from stores.queries import Statement

FOLDERS = Table("postgres", "portfolio.portfolios", order=("name",), owner=Owner("user_id"))

CREATE = Statement(
    "folders.create",
    "INSERT INTO portfolio.portfolios (user_id, name, is_default) VALUES ($1, $2, $3) RETURNING *",
    ("user_id", "name", "is_default"),
)
LOCK = Statement(
    "folders.lock",
    "SELECT * FROM portfolio.portfolios WHERE id = $1 AND user_id = $2 FOR UPDATE",
    ("id", "user_id"),
)
RENAME = Statement(
    "folders.rename",
    "UPDATE portfolio.portfolios SET name = $3 WHERE id = $1 AND user_id = $2 RETURNING *",
    ("id", "user_id", "name"),
)
ATTACH = Statement(
    "folders.attach",
    "INSERT INTO portfolio.portfolio_wallets (portfolio_id, wallet_id) VALUES ($1, $2)"
    " RETURNING portfolio_id",
    ("portfolio_id", "wallet_id"),
)


@dataclass(slots=True)
class Gate:
    """Where `create` waits inside its transaction when told to."""

    inside: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)


GATES: dict[str, Gate] = {}


@entity(FOLDERS, description="A folder.")
class Folder(Node):
    """A folder."""

    name: str = column("What it is called.")
    version: int = column("How often it was edited.")


@strawberry.input(description="One tag.")
class TagInput:
    """One tag."""

    word: str = strawberry.field(description="The word.")


@strawberry.input(description="A new folder.")
class CreateFolderInput(IdempotentInput):
    """A new folder."""

    name: str = strawberry.field(description="What it is called.")
    is_default: bool = strawberry.field(default=False, description="Whether it opens first.")
    password: str | None = strawberry.field(default=strawberry.UNSET, description="A secret.")
    tag_list: list[TagInput] = strawberry.field(default_factory=list, description="Words.")


@strawberry.type(description="What came of making a folder.")
class CreateFolderPayload(ReplayablePayload):
    """What came of making a folder."""

    folder: Folder | None = changed("The folder.")
    folders: list[Folder] | None = changed("The same in a list.")
    tags: list[str] | None = outcome("Words as stored.")
    secret: str | None = shown_once("A secret.")


@strawberry.input(description="A new name.")
class RenameFolderInput(VersionedInput):
    """A new name."""

    id: strawberry.ID = strawberry.field(description="Which folder.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="Its new name.")
    wallet: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A wallet to attach."
    )


@strawberry.type(description="What came of renaming.")
class RenameFolderPayload(Payload):
    """What came of renaming."""

    folder: Folder | None = changed("The folder.")


@strawberry.type(description="Changes of folders.")
class Mutation:
    """Changes of folders."""

    @mutation(
        "Makes a folder.", clashes={"portfolios_default_key": taken("is_default", "Edit that one.")}
    )
    async def create_folder(self, change: Change, input: CreateFolderInput) -> CreateFolderPayload:
        """Makes a folder."""
        name = change.text("name", input.name, longest=20)
        words: list[Any] = []
        for place, tag in enumerate(change.listed("tag_list", input.tag_list, most=3)):
            words.append(change.at("tag_list", place).text("word", tag.word, longest=5))
        row = await change.one(
            CREATE, user_id=change.user_id, name=name, is_default=input.is_default
        )
        assert row is not None
        if gate := GATES.get(input.name):
            gate.inside.set()
            await gate.go.wait()
        change.created(
            "portfolio.portfolios", {**row, "password": input.password}, tag_count=len(words)
        )
        if name == "explode":
            raise NotFound("It is no more.")
        if name == "late":
            change.refuse("name", UserErrorCode.NOT_ALLOWED, "Not this one.")
        return CreateFolderPayload(
            folder=row["id"], folders=[row["id"]], tags=words, secret="s3cret"
        )

    @mutation("Renames a folder.")
    async def rename_folder(self, change: Change, input: RenameFolderInput) -> RenameFolderPayload:
        """Renames a folder."""
        key = change.key("id", input.id, Folder)
        name = change.text("name", input.name, longest=20) if given(input.name) else None
        before = await change.found("id", "Folder", LOCK, id=key, user_id=change.user_id)
        change.expect(before)
        if given(input.wallet):
            await change.one(ATTACH, portfolio_id=key, wallet_id=input.wallet)
        after = await change.one(
            RENAME, id=key, user_id=change.user_id, name=name or before["name"]
        )
        assert after is not None
        change.updated("portfolio.portfolios", before, after)
        return RenameFolderPayload(folder=key)

    @mutation("Writes and says nothing.")
    async def forget(self, change: Change, input: CreateFolderInput) -> CreateFolderPayload:
        """A body with a bug."""
        await change.one(CREATE, user_id=change.user_id, name=input.name, is_default=False)
        return CreateFolderPayload()

    @mutation("For those who pay.", tier=Tier.PRO)
    async def pay(self, change: Change, input: RenameFolderInput) -> RenameFolderPayload:
        """For those who pay."""
        return RenameFolderPayload()

    @mutation("Open to everybody.", access=Access.PUBLIC)
    async def knock(self, change: Change, input: RenameFolderInput) -> RenameFolderPayload:
        """Acts for whoever is named."""
        from uuid import UUID

        await change.act_as(UUID(input.id))
        row = await change.one(CREATE, user_id=change.user_id, name=input.name, is_default=False)
        assert row is not None
        change.created("portfolio.portfolios", row)
        change.record(Entry("knock", "account.users", input.id, metadata={"email": "a@b.example"}))
        return RenameFolderPayload()


@strawberry.type(description="Root of folders.")
class Query(NodeQuery):
    """Root of folders."""

    folders: Connection[Folder] | None = root_page("The viewer's folders.", access=Access.OWNER)

    @root_field("Who asks.", access=Access.PUBLIC)
    def me(self, info: Info) -> str | None:
        """Who asks."""
        return str(info.context.viewer.user_id)


def make_schema() -> GatewaySchema:
    """The schema of folders."""
    return edge_schema(Query, mutation=Mutation, config=StrawberryConfig(scalar_map=dict(SCALARS)))
