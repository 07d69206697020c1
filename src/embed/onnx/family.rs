//! What models expect that their files do not always say, by the family in their name.

/// What is put before a text, by its role; empty for most models.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompts {
    /// Before a user's words.
    pub query: String,
    /// Before a paper.
    pub document: String,
}

/// What the cards of a family of models ask for.
pub(super) struct Family {
    /// Part of the model's name, in small letters.
    mark: &'static str,
    query: &'static str,
    document: &'static str,
    /// Whether the first token's vector is the text's; else the mean of all.
    pub cls: bool,
    /// The length the model was trained with, where it is less than its files say.
    pub max_tokens: Option<usize>,
}

const SEARCH: &str = "Represent this sentence for searching relevant passages: ";

const fn family(mark: &'static str, query: &'static str, document: &'static str, cls: bool) -> Family {
    Family { mark, query, document, cls, max_tokens: None }
}

const fn short(mark: &'static str, max_tokens: usize) -> Family {
    Family { mark, query: "", document: "", cls: false, max_tokens: Some(max_tokens) }
}

/// The first that fits counts.
const FAMILIES: &[Family] = &[
    family("e5-", "query: ", "passage: ", false),
    family("bge-m3", "", "", true),
    family("-zh-v1.5", "为这个句子生成表示以用于检索相关文章：", "", true),
    family("bge-", SEARCH, "", true),
    family("mxbai-embed", SEARCH, "", true),
    family("snowflake-arctic-embed", SEARCH, "", true),
    family("nomic-embed", "search_query: ", "search_document: ", false),
    family("modernbert-embed", "search_query: ", "search_document: ", false),
    family("embeddinggemma", "task: search result | query: ", "title: none | text: ", false),
    family("gte-", "", "", true),
    short("all-minilm-l6", 256),
    short("all-minilm-l12", 128),
    short("all-mpnet-base", 384),
    short("paraphrase-multilingual", 128),
    family("", "", "", false),
];

/// The family of a model by its name; the last has no mark and fits any.
pub(super) fn of(name: &str) -> &'static Family {
    let name = name.to_lowercase();
    FAMILIES.iter().find(|f| name.contains(f.mark)).unwrap_or(&FAMILIES[FAMILIES.len() - 1])
}

impl Family {
    pub(super) fn prompts(&self) -> Prompts {
        Prompts { query: self.query.into(), document: self.document.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e5_hears_what_a_text_is_for_and_minilm_hears_nothing() {
        let e5 = of("intfloat/multilingual-e5-small").prompts();
        assert_eq!((e5.query.as_str(), e5.document.as_str()), ("query: ", "passage: "));
        assert_eq!(of("Qdrant/all-MiniLM-L6-v2-onnx").prompts(), Prompts::default());
        assert_eq!(of("Qdrant/all-MiniLM-L6-v2-onnx").max_tokens, Some(256));
    }

    #[test]
    fn families_pool_as_fastembed_pools_them() {
        for info in fastembed::TextEmbedding::list_supported_models() {
            let expected = fastembed::TextEmbedding::get_default_pooling_method(&info.model);
            let cls = expected == Some(fastembed::Pooling::Cls);
            assert_eq!(of(&info.model_code).cls, cls, "{}", info.model_code);
        }
    }
}
