// All tabs of a browser share this, and with it one connection.
import { Connection } from "./connection.js";

const ports = new Set();
const connection = new Connection((said) => ports.forEach((port) => port.postMessage(said)));

onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => {
    if (data.leave) ports.delete(port) && connection.leave();
    else if (!ports.has(port)) ports.add(port) && connection.join(data.join);
  };
};
