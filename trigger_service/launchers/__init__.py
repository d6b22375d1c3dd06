"""Where attempts run: one module per launcher, all behind `base.Launcher`."""
