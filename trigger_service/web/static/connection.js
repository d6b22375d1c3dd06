// The stream of a browser. In a shared worker where there are some, so that all tabs have one; else in the page.
export class Connection {
  constructor(tell) {
    this.tell = tell;
    this.moment = "";
    this.readers = 0;
  }

  join(moment) {
    this.readers += 1;
    if (!this.source) return this.open(this.moment = moment);
    this.tell({ live: this.source.readyState === EventSource.OPEN });
    if (moment !== this.moment) this.tell({ runs: null });
  }

  leave() {
    this.readers -= 1;
    if (this.readers > 0) return;
    this.source?.close();
    this.source = null;
  }

  open() {
    this.source = new EventSource(`/live?after=${encodeURIComponent(this.moment)}`);
    this.source.onopen = () => this.tell({ live: true });
    this.source.onerror = () => {
      this.tell({ live: false });
      if (this.source?.readyState === EventSource.CLOSED) setTimeout(() => this.readers > 0 && this.open(), 2000);
    };
    this.source.addEventListener("changed", ({ data, lastEventId }) => {
      this.moment = lastEventId;
      this.tell({ ...JSON.parse(data), moment: lastEventId });
    });
  }
}
