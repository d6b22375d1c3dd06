"""Our luigid: stock Luigi's scheduler behind a stricter door. Standard library, luigi and tornado only."""
