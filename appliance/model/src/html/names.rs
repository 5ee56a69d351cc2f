//! Elements, by what they do to the text in them and beside them.

/// What no screen shows, whatever its style.
pub(super) fn is_unread(name: &[u8]) -> bool {
    matches!(name, b"iframe" | b"noembed" | b"noframes" | b"script" | b"style" | b"template" | b"title")
}

/// What keeps its blanks and line ends.
pub(super) fn is_set(name: &[u8]) -> bool {
    matches!(name, b"listing" | b"plaintext" | b"pre" | b"textarea" | b"xmp")
}

/// What is a line of its own.
pub(super) fn is_block(name: &[u8]) -> bool {
    matches!(
        name,
        b"address"
            | b"article"
            | b"aside"
            | b"blockquote"
            | b"body"
            | b"caption"
            | b"center"
            | b"dd"
            | b"details"
            | b"dialog"
            | b"dir"
            | b"div"
            | b"dl"
            | b"dt"
            | b"fieldset"
            | b"figcaption"
            | b"figure"
            | b"footer"
            | b"form"
            | b"frameset"
            | b"h1"
            | b"h2"
            | b"h3"
            | b"h4"
            | b"h5"
            | b"h6"
            | b"header"
            | b"hgroup"
            | b"hr"
            | b"html"
            | b"legend"
            | b"li"
            | b"listing"
            | b"main"
            | b"menu"
            | b"nav"
            | b"noscript"
            | b"ol"
            | b"optgroup"
            | b"option"
            | b"p"
            | b"plaintext"
            | b"pre"
            | b"search"
            | b"section"
            | b"summary"
            | b"textarea"
            | b"ul"
            | b"xmp"
    )
}

pub(super) fn is_of_table(name: &[u8]) -> bool {
    matches!(name, b"table" | b"tbody" | b"td" | b"tfoot" | b"th" | b"thead" | b"tr")
}

/// What stands between words though it has none.
pub(super) fn is_apart(name: &[u8]) -> bool {
    matches!(name, b"audio" | b"button" | b"canvas" | b"img" | b"input" | b"object" | b"select" | b"svg" | b"video")
}

/// What the plain version of a letter lacks.
pub(super) fn is_mark(name: &[u8]) -> bool {
    matches!(
        name,
        b"del" | b"input" | b"s" | b"select" | b"strike" | b"sub" | b"sup" | b"table" | b"td" | b"textarea" | b"th"
    )
}

/// What has no end.
pub(super) fn is_void(name: &[u8]) -> bool {
    matches!(
        name,
        b"area"
            | b"base"
            | b"br"
            | b"col"
            | b"embed"
            | b"hr"
            | b"img"
            | b"input"
            | b"link"
            | b"meta"
            | b"source"
            | b"track"
            | b"wbr"
    )
}
