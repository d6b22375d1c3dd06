"""The section `[targets]` of luigi.cfg."""

import luigi


class targets(luigi.Config):  # noqa: N801 - Luigi names the section after the class
    """Set in luigi.cfg under `[targets]`, or on the command line as `--targets-provenance` and so on."""

    provenance = luigi.ChoiceParameter(
        choices=["beside", "catalogue", "off"],
        default="catalogue",
        description="where it is recorded which task wrote a target, and from what: in a file beside it, in the "
        "catalogue of Luigi Trigger, or nowhere",
    )
