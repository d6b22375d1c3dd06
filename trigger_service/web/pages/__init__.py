"""The console: pages made on the server, on which every action works without a script."""
