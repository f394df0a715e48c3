//! Finds the catalogue's product tokens in a user agent, all of them at once wherever one may begin.

use super::agent::{Catalogue, Purpose, bare};
use super::prefixes::Prefixes;

/// Every token of the catalogue.
#[derive(Clone, Debug)]
pub(super) struct TokenIndex {
    /// The tokens in lower case.
    tree: Prefixes,
    /// In the order in which the tree has them.
    tokens: Vec<Token>,
}

/// One token of one agent.
#[derive(Clone, Debug)]
struct Token {
    /// Index of the agent in the catalogue.
    agent: usize,
    /// As the catalogue writes it.
    written: String,
    /// `^…$`: the token is the whole user agent.
    whole: bool,
    /// `…*`: the word may go on behind it.
    open: bool,
    /// Own entries before built-in ones, other purposes before http-tool.
    rank: (bool, bool),
}

/// What a token is preferred by: its own rank, its length, and whether it is written in the same case.
type Rank = ((bool, bool), usize, bool);

/// After so many tokens that are parts of addresses or other words, a user agent is somebody's attack.
pub(super) const TRIES_MAX: usize = 64;

/// A token that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found<'t> {
    /// Index of the agent in the catalogue.
    pub(super) agent: usize,
    /// The token as the catalogue writes it.
    pub(super) token: &'t str,
    /// Where it stands.
    start: usize,
    end: usize,
}

impl TokenIndex {
    pub(super) fn new(catalogue: &Catalogue) -> TokenIndex {
        let mut in_order: Vec<(String, Token)> = Vec::new();
        for (at, agent) in catalogue.agents().iter().enumerate() {
            for written in &agent.entry.tokens {
                let token = Token {
                    agent: at,
                    written: written.clone(),
                    whole: written.starts_with('^') && written.ends_with('$'),
                    open: written.ends_with('*'),
                    rank: (agent.own, agent.entry.purpose != Purpose::HttpTool),
                };
                in_order.push((token.bare().to_ascii_lowercase(), token));
            }
        }
        in_order.sort_by(|(one, _), (other, _)| one.cmp(other));
        let (texts, tokens): (Vec<String>, Vec<Token>) = in_order.into_iter().unzip();
        TokenIndex { tree: Prefixes::new(&texts), tokens }
    }

    /// Visits every token, with where it stands, that begins where one may, in the order of their starts.
    #[inline]
    fn each<'i>(&'i self, text: &[u8], mut visit: impl FnMut(&'i Token, usize, usize)) {
        let text = text.to_ascii_lowercase();
        let mut was_word = false;
        for (start, byte) in text.iter().enumerate() {
            let is_within = was_word && WORD[usize::from(*byte)];
            was_word = WORD[usize::from(*byte)];
            if is_within || !self.tree.may_begin_with(*byte) {
                continue;
            }
            self.tree.each(&text[start..], |place, len| {
                visit(&self.tokens[place], start, start + len);
            });
        }
    }

    /// The token that names the agent: the highest in rank, then the longest, then the one written in
    /// the same case (Exa's `ExaBot` is not Exalead's `Exabot`), then the first.
    pub(super) fn find(&self, user_agent: &str) -> Option<Found<'_>> {
        let text = user_agent.as_bytes();
        let mut best: Option<(Rank, Found<'_>)> = None;
        let mut tries = 0;
        self.each(text, |token, start, end| {
            let same_case = token.bare().as_bytes() == &text[start..end];
            let rank = (token.rank, end - start, same_case);
            if tries == TRIES_MAX || best.is_some_and(|(best, _)| rank <= best) {
                return;
            }
            if token.stands_at(text, start, end) {
                let (agent, written) = (token.agent, &*token.written);
                best = Some((rank, Found { agent, token: written, start, end }));
            } else {
                tries += 1;
            }
        });
        best.map(|(_, found)| found)
    }

    /// The agents of all tokens that stand whole in a user agent, in the order of their starts; but for those
    /// within the one that names it.
    pub(super) fn all(&self, user_agent: &str) -> Vec<usize> {
        let (text, mut all, mut tries) = (user_agent.as_bytes(), Vec::new(), 0);
        let Some(named) = self.find(user_agent) else { return all };
        self.each(text, |token, start, end| {
            tries += 1;
            let is_within = named.start <= start && end <= named.end;
            if tries <= TRIES_MAX && !is_within && token.stands_at(text, start, end) {
                all.push(token.agent);
            }
        });
        all
    }
}

impl Token {
    /// The token without the marks of how it is to stand.
    fn bare(&self) -> &str {
        bare(&self.written)
    }

    /// Whether the match, which begins well, is the whole token, and a product's name at that.
    fn stands_at(&self, text: &[u8], start: usize, end: usize) -> bool {
        if self.whole {
            return start == 0 && end == text.len();
        }
        let ends = self.open || end == text.len() || !is_word(text[end]) || !is_word(text[end - 1]);
        ends && !names_nobody(text, start)
    }
}

/// Letters, digits, `-` and `_`: `Amzn-SearchBot` is not SearchBot, nor `Claude-User` Claude.
pub(super) fn is_word(byte: u8) -> bool {
    WORD[usize::from(byte)]
}

/// Whether each byte is a word's.
const WORD: [bool; 256] = {
    let (mut word, mut byte) = ([false; 256], 0);
    while byte < word.len() {
        let is_mark = matches!(byte as u8, b'-' | b'_');
        word[byte] = (byte as u8).is_ascii_alphanumeric() || is_mark || byte >= 0x80;
        byte += 1;
    }
    word
};

/// Whether the name that starts here is part of a URL or a mail address, or of a comparison such as
/// `(like TwitterBot)`.
pub(super) fn names_nobody(text: &[u8], start: usize) -> bool {
    let before = &text[..start];
    if before.len() >= 5 && before[before.len() - 5..].eq_ignore_ascii_case(b"like ") {
        return true;
    }
    let is_end = |byte: &u8| matches!(byte, b' ' | b'(' | b')' | b';' | b',' | b'"' | b'[' | b']');
    let word_start = before.iter().rposition(&is_end).map_or(0, |at| at + 1);
    let word_end = text[start..].iter().position(&is_end).map_or(text.len(), |at| start + at);
    let word = &text[word_start..word_end];
    let address = word.contains(&b'@');
    let url_before = memchr::memmem::find(&text[word_start..start], b"://").is_some();
    address || url_before || word[..start - word_start].starts_with(b"www.")
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::agent::AgentEntry;
    use super::*;

    fn check(user_agent: &str, expected: Option<&str>) {
        let catalogue = Catalogue::with(Vec::new()).unwrap();
        let index = TokenIndex::new(&catalogue);
        let found =
            index.find(user_agent).map(|found| &*catalogue.agents()[found.agent].entry.name);
        assert_eq!(found, expected, "{user_agent}");
    }

    #[test]
    fn whole_tokens_only() {
        check("Mozilla/5.0 (compatible; Claude-User/1.0)", Some("Claude-User"));
        check("Mozilla/5.0 (compatible; Amzn-SearchBot/0.1)", Some("Amzn-SearchBot"));
        check("Mozilla/5.0 (compatible; gptbot/1.2)", Some("GPTBot"));
        check("Mozilla/5.0 (compatible; NotGPTBot/1.2)", None);
        check("Mozilla/5.0 (compatible; GPTBot-Fan/1.2)", None);
        check("GPTBot", Some("GPTBot"));
        check("node", Some("node"));
        check("node thing", None);
        check("JavaScript engine", None);
    }

    #[test]
    fn urls_addresses_and_comparisons_name_nobody() {
        check("Fetcher/1.0 (+https://example.com/Googlebot.html)", None);
        check("Fetcher/1.0 (+http://www.bingbot.example/)", None);
        check("Fetcher/1.0; +claudebot@example.com", None);
        check("Fetcher/1.0 (like Googlebot)", None);
    }

    #[test]
    fn the_most_specific_wins() {
        check(
            "Mozilla/5.0 (X11) HeadlessChrome/131.0 (compatible; ClaudeBot/1.0)",
            Some("ClaudeBot"),
        );
        check("TelegramBot (like TwitterBot)", Some("TelegramBot"));
        check(
            "Mozilla/5.0 (compatible; Exabot/3.0; +http://www.exabot.com/go/robot)",
            Some("Exabot"),
        );
        check("Mozilla/5.0 (compatible; ExaBot/1.0)", Some("ExaBot"));
        let own: AgentEntry = toml::from_str("name = \"Mine\"\ntokens = [\"GPTBot\"]").unwrap();
        let catalogue = Catalogue::with(vec![own]).unwrap();
        assert_eq!(
            TokenIndex::new(&catalogue).find("GPTBot/1.2").map(|found| found.agent),
            Some(0)
        );
    }

    proptest! {
        #[test]
        fn what_is_found_is_the_most_specific_of_all_that_stand(words in vec(prop_oneof![
            Just("ant"), Just("AntBot"), Just("antbot"), Just("-"), Just(" "), Just("/1"), Just("é"), Just("!ant"),
            Just("ant bot"), Just("like "), Just("http://"), Just("@"),
        ], 0..9)) {
            let text = words.concat();
            let tokens = ["ant", "AntBot", "antbot", "ant bot", "ant/*", "!ant", "ant*", "^antbot$", "bot"];
            let entries = tokens.map(|token| format!("name = {token:?}\ntokens = [{token:?}]"));
            let entries = entries.map(|entry| toml::from_str::<AgentEntry>(&entry).unwrap());
            let index = TokenIndex::new(&Catalogue::with(entries.to_vec()).unwrap());
            let mut best: Option<(Rank, &Token)> = None;
            for token in &index.tokens {
                let len = token.bare().len();
                for start in 0..=text.len().saturating_sub(len) {
                    let Some(there) = text.as_bytes().get(start..start + len) else { continue };
                    let rank = (token.rank, len, there == token.bare().as_bytes());
                    if there.eq_ignore_ascii_case(token.bare().as_bytes())
                        && (start == 0 || text.as_bytes()[start - 1..=start].iter().any(|byte| !is_word(*byte)))
                        && token.stands_at(text.as_bytes(), start, start + len)
                        && best.is_none_or(|(best, _)| rank > best)
                    {
                        best = Some((rank, token));
                    }
                }
            }
            let found = index.find(&text).map(|found| (found.end - found.start, found.token));
            // Of two that stand alike, either may come first.
            prop_assert_eq!(found.map(|found| found.0), best.map(|(rank, _)| rank.1), "{}", text);
        }
    }
}
