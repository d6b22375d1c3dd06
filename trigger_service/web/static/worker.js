// The stream of a browser, which all its tabs share; of one page, where the browser has no shared workers.
const ports = new Set();
let [source, moment] = [null, ""];

const tell = (said) => ports.forEach((port) => port.postMessage(said));
const isAt = (state) => source?.readyState === EventSource[state];

function open() {
  source = new EventSource(`/live?after=${encodeURIComponent(moment)}`);
  source.onopen = () => tell({ live: true });
  source.onerror = () => {
    tell({ live: false });
    setTimeout(() => isAt("CLOSED") && open(), 2000);
  };
  source.addEventListener("changed", ({ data, lastEventId }) => {
    moment = lastEventId;
    tell({ ...JSON.parse(data), moment });
  });
}

function join(port, shown) {
  if (ports.has(port)) return;
  ports.add(port);
  if (source) port.postMessage({ live: isAt("OPEN"), ...(shown !== moment && { runs: null }) });
  else open((moment = shown));
}

const hear = (port) => ({ data }) => {
  if (!data.leave) join(port, data.join);
  else if (ports.delete(port) && !ports.size) source = source.close() ?? null;
};

self.onmessage = hear(self);
self.onconnect = ({ ports: [port] }) => (port.onmessage = hear(port));
