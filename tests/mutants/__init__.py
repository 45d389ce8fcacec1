"""The reference, broken on purpose, area by area: each mutant with the requirements that it breaks, exactly."""

from tests.mutants import (  # noqa: F401 - each module adds its mutants
    agreeing,
    chat,
    chat_stream,
    completions,
    completions_stream,
    embeddings,
    errors,
    http,
    logprobs,
    models,
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
