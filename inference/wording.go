package inference

// A Wording is a prompt in the words that a model was taught. Where it is not known
// which those are, it is the prompt as it is.
type Wording struct {
	Text    string
	Instead []Instead // what stands for something else in Text, each once
	Without []string  // words that are left out of Text, each once
	// Draws is what the model can draw, where something was left out and Text names
	// nothing of it.
	Draws string
	// Weak are the words of Text that the model was taught, and often draws as something else.
	Weak []string
}

// Instead is a word that a model was not taught, and what it was taught that comes near.
type Instead struct{ Word, Taught string }
