"""The API keeps to its own OpenAPI document, whatever is sent: all checks of schemathesis, sequences of calls too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

#: Valid requests may still be refused for what they mean; some are too long for the server to read.
CONFIG = """
[dictionaries.runs]
values = [{runs}]
[dictionaries.pipelines]
values = ["Quick", "Waiting"]
[parameters]
"path.run_id" = {{ dictionary = "runs", probability = 0.5 }}
"path.other_id" = {{ dictionary = "runs", probability = 0.5 }}
"path.family" = {{ dictionary = "pipelines", probability = 0.5 }}
"body.pipeline" = {{ dictionary = "pipelines", probability = 0.5 }}
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "422", "429", "503"]
negative_data_rejection.expected-statuses = [
    "400", "401", "403", "404", "405", "406", "409", "413", "414", "415", "422", "429", "503",
]
"""


#: All that follows from the document itself.
ONCE = ["--phases", "examples,coverage"]
#: Calls are made up until the time is over.
AT_LENGTH = ["--max-examples", "10000", "--max-time", "1200"]


@pytest.mark.parametrize(
    "budget",
    [
        pytest.param(ONCE, id="once", marks=pytest.mark.timeout(300)),
        pytest.param(AT_LENGTH, id="at length", marks=[pytest.mark.long, pytest.mark.timeout(1500)]),
    ],
)
def test_the_api_keeps_to_its_document(product, tmp_path, budget):
    product.configure("requests_per_second = 0")  # or most would be refused for nothing but their number
    product.start()
    runs = [product.trigger("Quick", name) for name in "abc"]
    for run in runs:
        product.reaches(run, "succeeded")
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(runs=", ".join(f'"{run}"' for run in runs)))
    command = [str(Path(sys.executable).with_name("st")), "--config-file", str(config), "--no-color"]
    options = [*budget, "--report-dir", str(tmp_path / "reports")]
    address = f"{product.url}/api/v1/openapi.json"

    told = subprocess.run(
        [*command, "run", address, *options],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path / "examples")},
    )

    assert told.returncode == 0, told.stdout[-20_000:]
    assert "Test cases:" in told.stdout
