"""A page of a report, read by what a browser would see."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """The cells of all table rows, the labels of drawings, and what the page would load."""

    def __init__(self, html):
        super().__init__()
        self.rows, self.labels, self.loaded, self.ids, self.open_tags = [], [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.loaded += [attributes[name] for name in ("src", "xlink:href") if name in attributes]
        self.loaded += [attributes["href"]] if tag in ("link", "image") else []
        self.ids += [attributes["id"]] if "id" in attributes else []
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.open_tags.append(tag)
        if attributes.get("role") == "img":
            self.labels.append(attributes["aria-label"])

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.open_tags.pop()

    def handle_data(self, data):
        if self.open_tags:
            self.rows[-1][-1] += data
