"""What is claimed, measured by a separate client over HTTP, in the same run as what it is compared with."""
