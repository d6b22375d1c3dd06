"""Pages of reports: one self-contained HTML file each, with plots, light and dark; shared by the pipelines."""
