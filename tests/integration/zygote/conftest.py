"""One luigid for all tests of a process, one project with its zygote for each test."""

import pytest
from zygotes import Tree


@pytest.fixture
def luigid_url(shared_luigid):
    return shared_luigid.url


@pytest.fixture
def tree(tmp_path, luigid_url):
    """A project with the module `jobs`; its zygote is started by the test. Nothing of it may be left behind."""
    tree = Tree(tmp_path, luigid_url)
    yield tree
    left = tree.close()
    assert not left, f"left behind: {left}"
