//! vmfa's own verbs, made for people.
