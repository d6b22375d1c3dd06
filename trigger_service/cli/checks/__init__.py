"""What `luigi-trigger doctor` looks at: each module looks at one thing, and gives what it found wrong."""
