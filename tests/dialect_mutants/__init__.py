"""The reference in a provider's dialect, broken on purpose: a profile accepts its own forms, but not every other deviation."""

from tests.dialect_mutants import aifoundryhub, azure_openai, open_responses, openrouter, queue, t_cloud, vllm  # noqa: F401 - each module adds its mutants
from tests.dialect_mutants.changing import AZURE, DIALECT_MUTANTS, OPEN, PLAIN, DialectMutant

__all__ = ["AZURE", "DIALECT_MUTANTS", "OPEN", "PLAIN", "DialectMutant"]
