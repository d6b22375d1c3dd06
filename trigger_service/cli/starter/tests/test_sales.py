"""The pipeline on orders of its own, with plain Luigi: no service is needed."""

import datetime

import luigi

from tasks.sales import SalesReport


def test_the_report_adds_up_the_orders_of_all_days(tmp_path, monkeypatch):
    # Given two days of orders
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders/2024-01-01.csv").write_text("product,pieces,price\ntea,2,3.00\n")
    (tmp_path / "orders/2024-01-02.csv").write_text("product,pieces,price\ntea,1,3.00\ncake,1,2.50\n")
    # When
    done = luigi.build([SalesReport(first=datetime.date(2024, 1, 1), days=2)], local_scheduler=True)
    # Then
    assert done
    report = (tmp_path / "results/sales-2024-01-01-2.txt").read_text()
    assert [line.split() for line in report.splitlines()] == [["cake", "2.50"], ["tea", "9.00"]]
