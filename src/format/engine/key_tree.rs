//! A tree of nested keys, for looking up the meaning of each value while a line is parsed.

use crate::interner::Map;

use crate::format::record::Field;
use crate::json::{Value, Visitor};

/// The meaning of a key.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyMeaning {
    /// The key's rank among the keys for one field, and the field. The lowest rank is preferred.
    pub(crate) field: Option<(usize, Field)>,
    /// True if only this format has the key, so that it identifies the format.
    pub(crate) is_signature: bool,
}

/// The keys of a format as a tree. The parts of nested keys are joined with dots, but a key may also contain dots:
/// `a.b` is found as one key and as two.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyTree {
    /// The root is the first.
    nodes: Vec<KeyNode>,
}

#[derive(Clone, Debug, Default)]
struct KeyNode {
    meaning: Option<KeyMeaning>,
    /// The keys below this node, by their length.
    keys: Vec<Vec<KeyEdge>>,
}

/// A key and the node below it.
#[derive(Clone, Debug)]
struct KeyEdge {
    fingerprint: KeyFingerprint,
    /// In lower case.
    text: Box<[u8]>,
    node: usize,
}

/// The first and last eight bytes of a key, ignoring case. Most keys of the same length differ in them.
type KeyFingerprint = [u64; 2];

#[inline]
fn fingerprint(key: &[u8]) -> KeyFingerprint {
    let fingerprint = match (key.first_chunk(), key.last_chunk()) {
        (Some(first), Some(last)) => [u64::from_le_bytes(*first), u64::from_le_bytes(*last)],
        _ => [key.iter().fold(0, |fingerprint, byte| fingerprint << 8 | u64::from(*byte)), 0],
    };
    fingerprint.map(|word| word | 0x2020_2020_2020_2020)
}

/// A position in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyPosition {
    /// Below a key that is not in the tree.
    Nowhere,
    /// The number of a node.
    At(usize),
    /// The elements of an array at the node with this number.
    ElementOf(usize),
}

impl KeyPosition {
    /// The position above all keys.
    pub(crate) const ROOT: KeyPosition = KeyPosition::At(0);
}

impl KeyNode {
    fn add_edge(&mut self, key: &[u8], node: usize) {
        self.keys.resize(self.keys.len().max(key.len() + 1), Vec::new());
        let keys = &mut self.keys[key.len()];
        if keys.iter().all(|edge| *edge.text != *key) {
            keys.push(KeyEdge { fingerprint: fingerprint(key), text: key.into(), node });
        }
    }
}

impl KeyTree {
    /// Builds a tree of keys in lower case.
    pub(crate) fn of<'k>(keys: impl IntoIterator<Item = (&'k [u8], KeyMeaning)>) -> KeyTree {
        let mut nodes = vec![KeyNode::default()];
        let mut node_by_prefix: Map<&[u8], usize> = Map::default();
        for (key, meaning) in keys {
            // The offsets at which a part of the key may start, with the node above the part.
            let mut starts = vec![(0, 0)];
            let ends = (0..key.len()).filter(|at| key[*at] == b'.').chain([key.len()]);
            for end in ends {
                let node = *node_by_prefix.entry(&key[..end]).or_insert_with(|| {
                    nodes.push(KeyNode::default());
                    nodes.len() - 1
                });
                for (start, parent) in &starts {
                    nodes[*parent].add_edge(&key[*start..end], node);
                }
                starts.push((end + 1, node));
            }
            nodes[node_by_prefix[key]].meaning = Some(meaning);
        }
        KeyTree { nodes }
    }

    /// Returns the meaning of the values at a position.
    pub(crate) fn known(&self, position: KeyPosition) -> Option<KeyMeaning> {
        match position {
            KeyPosition::Nowhere => None,
            KeyPosition::At(node) | KeyPosition::ElementOf(node) => self.nodes[node].meaning,
        }
    }

    /// Returns the position below a key, ignoring case.
    #[inline]
    pub(crate) fn below(&self, position: KeyPosition, key: &[u8]) -> KeyPosition {
        let KeyPosition::At(node) = position else { return KeyPosition::Nowhere };
        let Some(keys) = self.nodes[node].keys.get(key.len()) else { return KeyPosition::Nowhere };
        let fingerprint = fingerprint(key);
        let is_key = |text: &[u8]| *text == *key || text.eq_ignore_ascii_case(key);
        let found = keys.iter().find(|edge| edge.fingerprint == fingerprint && is_key(&edge.text));
        found.map_or(KeyPosition::Nowhere, |edge| KeyPosition::At(edge.node))
    }

    /// Returns the position of an array's elements. They have the meaning of the array's key, and no keys below them.
    pub(crate) fn element(position: KeyPosition) -> KeyPosition {
        match position {
            KeyPosition::At(node) => KeyPosition::ElementOf(node),
            KeyPosition::ElementOf(_) | KeyPosition::Nowhere => KeyPosition::Nowhere,
        }
    }
}

/// Calls `take` with each value that has a meaning, and whether it is an element of an array.
pub(crate) struct KeyVisitor<'t, T> {
    pub(crate) tree: &'t KeyTree,
    pub(crate) take: T,
}

impl<'a, T: FnMut(KeyMeaning, bool, Value<'a>)> Visitor<'a> for KeyVisitor<'_, T> {
    type Position = KeyPosition;

    #[inline]
    fn key(&mut self, position: KeyPosition, key: &'a [u8]) -> KeyPosition {
        self.tree.below(position, key)
    }

    fn element(&mut self, position: KeyPosition) -> KeyPosition {
        KeyTree::element(position)
    }

    #[inline]
    fn value(&mut self, position: KeyPosition, value: Value<'a>) {
        if let Some(meaning) = self.tree.known(position) {
            (self.take)(meaning, matches!(position, KeyPosition::ElementOf(_)), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_is_found_for_any_nesting_of_its_parts(
            keys in btree_set("[ab]{1,2}([.][abc]{1,2}){0,3}", 0..8),
            path in vec("[abAB]{1,2}([.][abcC]{1,2}){0,1}", 1..4),
        ) {
            let known: BTreeMap<&[u8], KeyMeaning> = keys
                .iter()
                .enumerate()
                .map(|(at, key)| {
                    let meaning = Some((at, Field::Status));
                    (key.as_bytes(), KeyMeaning { field: meaning, is_signature: false })
                })
                .collect();
            let tree = KeyTree::of(known.iter().map(|(key, known)| (*key, *known)));
            let below = |position, key: &String| tree.below(position, key.as_bytes());
            let position = path.iter().fold(KeyPosition::ROOT, below);
            let joined = path.join(".").to_ascii_lowercase();
            let rank = |known: Option<&KeyMeaning>| known.and_then(|known| known.field).map(|(at, _)| at);
            let expected = rank(known.get(joined.as_bytes()));
            prop_assert_eq!(rank(tree.known(position).as_ref()), expected);
            prop_assert_eq!(rank(tree.known(KeyTree::element(position)).as_ref()), expected);
            prop_assert_eq!(below(KeyTree::element(position), &"a".to_owned()), KeyPosition::Nowhere);
        }

        #[test]
        fn a_key_of_any_length_is_found_in_any_case_and_no_other(
            keys in btree_set("[ab@`_]{0,20}", 1..9),
            other in "[ab@`_]{0,20}",
        ) {
            let tree = KeyTree::of(keys.iter().map(|key| (key.as_bytes(), KeyMeaning::default())));
            for key in keys.iter().chain([&other]) {
                let position = tree.below(KeyPosition::ROOT, key.as_bytes());
                prop_assert_eq!(position != KeyPosition::Nowhere, keys.contains(key));
                prop_assert_eq!(tree.below(KeyPosition::ROOT, key.to_ascii_uppercase().as_bytes()), position);
            }
        }
    }
}
