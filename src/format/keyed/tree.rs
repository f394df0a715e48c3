//! The keys of a table as a tree: a step for each key that is passed, and none below what leads nowhere.

use crate::names::Map;

use super::Known;
use super::scan::{Value, Visitor};

/// What is under keys of a table, nested ones with dots. A key may have dots itself: `a.b` is found as one key
/// and as two.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    /// The first is the root.
    nodes: Vec<Node>,
}

/// What is known of the keys that were passed, and which may follow.
#[derive(Clone, Debug, Default)]
struct Node {
    known: Option<Known>,
    /// What may follow, by its length.
    keys: Vec<Vec<Key>>,
}

/// A key, and the node that it leads to.
#[derive(Clone, Debug)]
struct Key {
    gist: Gist,
    /// In lower case.
    text: Box<[u8]>,
    node: usize,
}

/// A key's first and last bytes, in which most keys of one length differ, letters of either case as one.
type Gist = [u64; 2];

#[inline]
fn gist(key: &[u8]) -> Gist {
    let gist = match (key.first_chunk(), key.last_chunk()) {
        (Some(first), Some(last)) => [u64::from_le_bytes(*first), u64::from_le_bytes(*last)],
        _ => [key.iter().fold(0, |gist, byte| gist << 8 | u64::from(*byte)), 0],
    };
    gist.map(|word| word | 0x2020_2020_2020_2020)
}

/// What is known of the keys that were passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing: they are in no table, nor is anything below.
    Nowhere,
    /// The number of a node.
    At(usize),
    /// What an array has that stands there.
    ElementOf(usize),
}

impl Place {
    /// Where no key was passed.
    pub(super) const ROOT: Place = Place::At(0);
}

impl Node {
    /// Lets a key lead to a node.
    fn lead(&mut self, key: &[u8], node: usize) {
        self.keys.resize(self.keys.len().max(key.len() + 1), Vec::new());
        let keys = &mut self.keys[key.len()];
        if keys.iter().all(|known| *known.text != *key) {
            keys.push(Key { gist: gist(key), text: key.into(), node });
        }
    }
}

impl Tree {
    /// The tree of keys in lower case.
    pub(super) fn of<'k>(keys: impl IntoIterator<Item = (&'k [u8], Known)>) -> Tree {
        let mut nodes = vec![Node::default()];
        let mut by_start: Map<&[u8], usize> = Map::default();
        for (key, known) in keys {
            // Where a part of the key may begin, and the node of what is before it.
            let mut starts = vec![(0, 0)];
            let ends = (0..key.len()).filter(|at| key[*at] == b'.').chain([key.len()]);
            for end in ends {
                let node = *by_start.entry(&key[..end]).or_insert_with(|| {
                    nodes.push(Node::default());
                    nodes.len() - 1
                });
                for (start, before) in &starts {
                    nodes[*before].lead(&key[*start..end], node);
                }
                starts.push((end + 1, node));
            }
            nodes[by_start[key]].known = Some(known);
        }
        Tree { nodes }
    }

    /// What is known of the values at a place.
    pub(super) fn known(&self, place: Place) -> Option<Known> {
        match place {
            Place::Nowhere => None,
            Place::At(node) | Place::ElementOf(node) => self.nodes[node].known,
        }
    }

    /// The place under a key, in any case.
    #[inline]
    pub(super) fn below(&self, place: Place, key: &[u8]) -> Place {
        let Place::At(node) = place else { return Place::Nowhere };
        let Some(keys) = self.nodes[node].keys.get(key.len()) else { return Place::Nowhere };
        let gist = gist(key);
        let is_it = |text: &[u8]| *text == *key || text.eq_ignore_ascii_case(key);
        let found = keys.iter().find(|known| known.gist == gist && is_it(&known.text));
        found.map_or(Place::Nowhere, |key| Place::At(key.node))
    }

    /// The place of an array's elements: they stand under its key, and nothing is below them.
    pub(super) fn element(place: Place) -> Place {
        match place {
            Place::At(node) => Place::ElementOf(node),
            Place::ElementOf(_) | Place::Nowhere => Place::Nowhere,
        }
    }
}

/// Tells `take` of each value of which something is known.
pub(super) struct Walker<'t, T> {
    pub(super) tree: &'t Tree,
    pub(super) take: T,
}

impl<'a, T: FnMut(Known, Value<'a>)> Visitor<'a> for Walker<'_, T> {
    type Place = Place;

    #[inline]
    fn below(&mut self, place: Place, key: &'a [u8]) -> Place {
        self.tree.below(place, key)
    }

    fn element(&mut self, place: Place) -> Place {
        Tree::element(place)
    }

    #[inline]
    fn value(&mut self, place: Place, value: Value<'a>) {
        if let Some(known) = self.tree.known(place) {
            (self.take)(known, value);
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
        fn a_key_is_found_however_its_parts_are_nested(
            keys in btree_set("[ab]{1,2}([.][abc]{1,2}){0,3}", 0..8),
            path in vec("[abAB]{1,2}([.][abcC]{1,2}){0,1}", 1..4),
        ) {
            let known: BTreeMap<&[u8], Known> = keys
                .iter()
                .enumerate()
                .map(|(at, key)| {
                    let meaning = Some((at, super::super::Field::Status));
                    (key.as_bytes(), Known { meaning, is_mark: false })
                })
                .collect();
            let tree = Tree::of(known.iter().map(|(key, known)| (*key, *known)));
            let below = |place, key: &String| tree.below(place, key.as_bytes());
            let place = path.iter().fold(Place::ROOT, below);
            let joined = path.join(".").to_ascii_lowercase();
            let rank = |known: Option<&Known>| known.and_then(|known| known.meaning).map(|(at, _)| at);
            let expected = rank(known.get(joined.as_bytes()));
            prop_assert_eq!(rank(tree.known(place).as_ref()), expected);
            prop_assert_eq!(rank(tree.known(Tree::element(place)).as_ref()), expected);
            prop_assert_eq!(below(Tree::element(place), &"a".to_owned()), Place::Nowhere);
        }

        #[test]
        fn a_key_of_any_length_is_found_in_any_case_and_no_other(
            keys in btree_set("[ab@`_]{0,20}", 1..9),
            other in "[ab@`_]{0,20}",
        ) {
            let tree = Tree::of(keys.iter().map(|key| (key.as_bytes(), Known::default())));
            for key in keys.iter().chain([&other]) {
                let place = tree.below(Place::ROOT, key.as_bytes());
                prop_assert_eq!(place != Place::Nowhere, keys.contains(key));
                prop_assert_eq!(tree.below(Place::ROOT, key.to_ascii_uppercase().as_bytes()), place);
            }
        }
    }
}
