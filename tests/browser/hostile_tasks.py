"""A project that tries to be taken for something else wherever it may write: markup, colours, controls, directions.

Of what Luigi and the service take, each text has the same parts; a script of it would set `hostile` in the window.
"""

import logging
import os
from pathlib import Path

import luigi

MARKUP = "<hostile-mark title='x'>&lt;mark&gt;<script>window.hostile=1</script><img src=x onerror=\"window.hostile=1\">"
CLOSING = "\"'--></title></textarea></script></style></hostile-mark>"
ANSI = "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J\x1b]8;;javascript:window.hostile=1\x1b\\link\x1b]8;;\x1b\\"
CONTROLS = "\x01\x08\x7f\x85\u200b\ufeff"
BIDI = "\u202edesrever\u2066\u2067\u200f\u061cend"
LONG = "w" * 400
#: What a JSON text and a line of output may have; no half of a pair, no NUL.
TEXT = f"{MARKUP}{CLOSING}{ANSI}{CONTROLS}{BIDI} {LONG}"
#: What Python has beyond that.
WORST = f"{TEXT}\ud800\x00"
#: The name of a file may have all but the slash; it is never long.
FILE = (MARKUP + ANSI + CONTROLS + BIDI).replace("/", "|")[:180]
ShownError = type(f"{MARKUP[:60]}\u202eError", (Exception,), {})


class Base(luigi.Task):
    __doc__ = f"{TEXT}\n\n{TEXT}"
    owner_email = TEXT[:300]
    tags = (TEXT[:120], "\u202etag")
    task_namespace = "<hostile-mark>\u202e\x1b[31m"
    text = luigi.Parameter(default=TEXT, description=TEXT)
    choice = luigi.ChoiceParameter(choices=(TEXT[:300], "b"), default="b", description="</select><hostile-mark>")
    several = luigi.ListParameter(default=[TEXT[:200], {MARKUP: [BIDI]}], positional=False)


class Part(Base):
    """Succeeds, and says all that it can."""

    def output(self):
        return luigi.LocalTarget(f"out/{FILE}/{self.choice}.html")

    def run(self):
        print(TEXT)
        os.write(1, WORST.encode(errors="surrogatepass") + b"\xff\xfe\n")
        logging.getLogger(f"{MARKUP}\u202e\x1b[31m").error(TEXT)
        self.set_status_message(WORST)
        self.set_tracking_url("javascript:window.hostile=1")
        self.set_progress_percentage(50)
        with self.output().open("w") as file:
            file.write(TEXT)


class Strange(luigi.Target):
    """Says of itself what it likes."""

    path = uri = WORST

    def exists(self):
        return Path("out/strange").exists()


class Whole(Base):
    """Fails unless told otherwise."""

    __doc__ = Base.__doc__
    fails = luigi.BoolParameter(default=True)

    def requires(self):
        return Part(text=self.text, choice=self.choice, several=self.several)

    def output(self):
        return Strange()

    def run(self):
        print(TEXT)
        if self.fails:
            raise ShownError(WORST)  # <hostile-mark><script>window.hostile=1</script>
        Path("out/strange").touch()
