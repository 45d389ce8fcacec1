"""What the official Python client does with what an endpoint keeps: files, uploads, batches, chats and conversations."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import openai

from .openai_python_reading import file_of, now, pages
from .protocol import Values, read

PAUSES = (0.5, 1.0, 2.0)
"""Seconds to wait for what was stored a moment ago."""


async def file_life(client: Any, send: Values) -> Values:
    """A file that is uploaded, retrieved, read, and in any case deleted."""
    made = await now(client.files.create(file=file_of(send), purpose=send["purpose"]))
    try:
        kept = await now(client.files.retrieve(made.id))
        content = await now(client.files.content(made.id))
    finally:
        gone = await now(client.files.delete(made.id))
    return read(
        {
            "id": lambda: gone.id,
            "object": lambda: gone.object,
            "filename": lambda: kept.filename,
            "content": lambda: content.text,
        }
    )


async def upload_life(client: Any, send: Values) -> Values:
    """A file that is uploaded in parts, read, and in any case deleted."""
    parts = send.pop("parts")
    begun = await now(client.uploads.create(**send))
    made = [await now(client.uploads.parts.create(begun.id, data=part.encode())) for part in parts]
    done = await now(client.uploads.complete(begun.id, part_ids=[part.id for part in made]))
    try:
        content = await now(client.files.content(done.file.id))
    finally:
        await now(client.files.delete(done.file.id))
    return read(
        {
            "id": lambda: done.id,
            "object": lambda: done.object,
            "status": lambda: done.status,
            "file_id": lambda: done.file.id,
            "content": lambda: content.text,
        }
    )


async def batch_life(client: Any, send: Values) -> Values:
    """A batch that is begun, cancelled and read; its file is in any case deleted."""
    file = await now(client.files.create(file=file_of(send), purpose="batch"))
    try:
        begun = await now(
            client.batches.create(input_file_id=file.id, endpoint=send["endpoint"], completion_window=send["completion_window"])
        )
        with contextlib.suppress(openai.BadRequestError, openai.ConflictError):  # it has ended already
            await now(client.batches.cancel(begun.id))
        batch = await now(client.batches.retrieve(begun.id))
    finally:
        await now(client.files.delete(file.id))
    return read(
        {
            "id": lambda: batch.id,
            "object": lambda: batch.object,
            "status": lambda: batch.status,
            "input_file_id": lambda: batch.input_file_id,
        }
    )


async def found(look: Callable[[], Any]) -> Any:
    """What was stored a moment ago: some endpoints take a while to show it."""
    for pause in PAUSES:
        try:
            return await now(look())
        except openai.NotFoundError:
            await asyncio.sleep(pause)
    return await now(look())


async def stored_chat_life(client: Any, send: Values) -> Values:
    """A chat that is stored, read, listed, updated, and in any case deleted."""
    stored = client.chat.completions
    made = await now(stored.create(**send))
    try:
        kept = await found(lambda: stored.retrieve(made.id))
        messages = [message.content async for message in pages(stored.messages.list(made.id))]
        ids = [one.id async for one in pages(stored.list(metadata=send["metadata"], limit=20))]
        changed = await now(stored.update(made.id, metadata={**send["metadata"], "part": "changed"}))
    finally:
        await now(stored.delete(made.id))
    return read(
        {
            "id": lambda: kept.id,
            "object": lambda: kept.object,
            "created": lambda: kept.created,
            "text": lambda: kept.choices[0].message.content,
            "messages": lambda: messages,
            "ids": lambda: ids,
            "metadata": lambda: changed.metadata,
        }
    )


async def conversation_life(client: Any, send: Values) -> Values:
    """A conversation that is opened, added to, listed, updated, and in any case deleted."""
    opened = await now(client.conversations.create(items=send["items"]))
    try:
        await now(client.conversations.items.create(opened.id, items=send["added"]))
        texts = [item.content[0].text async for item in pages(client.conversations.items.list(opened.id, order="asc"))]
        changed = await now(client.conversations.update(opened.id, metadata={"part": "changed"}))
    finally:
        gone = await now(client.conversations.delete(opened.id))
    return read({"id": lambda: gone.id, "object": lambda: gone.object, "texts": lambda: texts, "metadata": lambda: changed.metadata})


WAYS = {
    "file-life": file_life,
    "upload-life": upload_life,
    "batch-life": batch_life,
    "stored-chat-life": stored_chat_life,
    "conversation-life": conversation_life,
}
