"""Every option of ours, in the groups in which the help shows them."""

from __future__ import annotations

from collections.abc import Mapping

from .option import Option

KEY_NAME = "OPENAI_API_KEY"
"""The environment variable that holds the key, unless the user names another one."""

SILENCE = 60.0
"""How long an endpoint may send nothing, in seconds, unless the user or the profile says otherwise."""

LONGEST = 30.0
"""How long a run may take, in minutes, unless the user says otherwise."""

GROUPS: Mapping[str, tuple[Option, ...]] = {
    "the endpoint": (
        Option("base-url", "the endpoint, often ending in /v1; also OPENAI_BASE_URL (default: the embedded reference)", "URL"),
        Option("api-key-env", "environment variable that holds the key", "NAME", KEY_NAME),
        Option("api-key-command", "shell command that prints the key; runs again when a key is refused with 401", "COMMAND"),
        Option("api-key-minutes", "also run that command again after so many minutes", "MINUTES", kind=float),
        Option("ca-bundle", "trust these certificates (PEM) in place of the usual ones", "FILE", is_path=True),
        Option("client-cert", "show the endpoint this certificate (PEM)", "FILE", is_path=True),
        Option("client-key", "its key (PEM, without a passphrase), unless it is in the same file", "FILE", is_path=True),
        Option("header", "send this header too; repeatable", "'NAME: VALUE'", many=True),
        Option("query", "add this to the query of each request; repeatable", "NAME=VALUE", many=True),
        Option("model", "the model to ask (default: the first that /models lists)", "NAME"),
        Option("completions-model", "the model for text completions (default: the same)", "NAME"),
        Option("speech-model", "the model for speech (default: the model)", "NAME"),
        Option("transcription-model", "the model for transcriptions and translations of sound (default: the model)", "NAME"),
        Option("image-model", "the model for images (default: the model)", "NAME"),
        Option("embeddings-model", "the model for embeddings (default: the first listed with 'embed' in its name)", "NAME"),
        Option("context-window", "tokens of the model's context window, which prompts are sent to exceed (as /models says)", "N", kind=int),
        Option("profile", "what is expected of this kind of endpoint; a name or a file", "NAME", "openai"),
        Option("require", "fail unless the endpoint offers this; repeatable", "FEATURE", many=True),
    ),
    "what is played": (
        Option("only", "judge this area only; repeatable", "AREA", many=True),
        Option("requirement", "judge this requirement only, in every case that can show it; repeatable", "ID", many=True),
        Option("clients", "also run the popular client libraries that are installed (make clients)"),
        Option("plan", "print what the selected cases cost in requests, tokens and time, and send nothing", in_settings=False),
        Option("price", "with --plan: what a million prompt tokens and a million completion tokens cost", "IN OUT", kind=float, words=2),
        Option("examples", "also draw fresh examples of each property, at most this many", "N", kind=int),
        Option("max-requests", "requests that the property suites may send in all", "N", 10_000, int),
        Option("fuzz-seed", "seed of the examples; the same seed draws the same examples", "N", 0, int),
        Option("save-case", "write the smallest failing examples to this file, as cases", "FILE", is_path=True),
    ),
    "how it is played": (
        Option("concurrency", "cases at a time", "N", 8, int),
        Option("rate", "send at most so many requests a minute, evenly spaced", "N", kind=float),
        Option("timeout", f"longest silence of the endpoint ({SILENCE:g}, or as the profile says)", "SECONDS", kind=float),
        Option("max-time", "end the run after this time; the rest is not tried", "MINUTES", LONGEST, float),
        Option(
            "progress",
            "say how far the run is: in one live line on a terminal and every thirty seconds elsewhere (auto), every ten (line), or never",
            default="auto",
            choices=("auto", "line", "none"),
        ),
    ),
    "gateways": (
        Option("upstream", "judge a gateway from both sides: listen here as its upstream, and run the relay suites", "HOST:PORT"),
        Option("reference-url", "compare with this endpoint, a gateway's upstream, say: it gets the same requests", "URL"),
        Option("reference-key-env", "environment variable that holds its key; without this it gets none", "NAME"),
        Option("reference-header", "send this header to it; it gets none of those of --header; repeatable", "'NAME: VALUE'", many=True),
        Option("reference-model", "the model to ask there (default: the same)", "NAME"),
    ),
    "results": (
        Option("report-dir", "where the report goes (reports)", "DIR", is_path=True),
        Option("record", "also write everything sent and received to this folder, as JSON Lines without keys", "DIR", is_path=True),
        Option(
            "known-failures", "YAML list of accepted failures, each with a reason; an outdated entry fails the run", "FILE", is_path=True
        ),
        Option(
            "write-known-failures",
            "write this run's failures as such a list; reruns some cases to detect flaky ones",
            "FILE",
            is_path=True,
            in_settings=False,
        ),
        Option("fail-on", "which unmet requirements fail the run", default="must", choices=("must", "should")),
    ),
}

OPTIONS: Mapping[str, Option] = {option.name: option for options in GROUPS.values() for option in options}
"""Every option by its name."""
