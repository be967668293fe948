// The package's own types import each other without file endings, which Node's resolution refuses: all of it would be any.
declare module '@huggingface/tokenizers' {
  export class Tokenizer {
    /** @param tokenizer content of tokenizer.json; the second is that of tokenizer_config.json */
    constructor(tokenizer: object, config: object);
    encode(text: string): { readonly ids: number[] };
  }
}
