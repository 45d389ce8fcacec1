"""The reference, broken on purpose, area by area: each mutant with the requirements that it breaks, exactly."""

from tests.mutants import (  # noqa: F401 - each module adds its mutants
    agreeing,
    batches,
    chat,
    chat_store,
    chat_stream,
    completions,
    completions_stream,
    conversations,
    embeddings,
    errors,
    files,
    http,
    lists,
    logprobs,
    media,
    models,
    moderations,
    reading,
    responses,
    responses_store,
    responses_stream,
    responses_tools,
    scores,
    sse,
    structured,
    tools,
    usage,
)
from tests.mutants.changing import MUTANTS, Mutant

__all__ = ["MUTANTS", "Mutant"]
