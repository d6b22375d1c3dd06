"""Luigi Trigger: stock Luigi, triggered on demand and on schedule, observed, limited and true."""
