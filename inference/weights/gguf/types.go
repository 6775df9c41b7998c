package gguf

import "kinora/inference/tensor"

// types gives the format's numbers for element types.
var types = map[uint32]tensor.DType{
	0: tensor.F32, 1: tensor.F16, 2: tensor.Q4_0, 3: tensor.Q4_1, 6: tensor.Q5_0, 7: tensor.Q5_1, 8: tensor.Q8_0,
	10: tensor.Q2K, 11: tensor.Q3K, 12: tensor.Q4K, 13: tensor.Q5K, 14: tensor.Q6K,
	20: tensor.IQ4NL, 23: tensor.IQ4XS,
	24: tensor.I8, 26: tensor.I32, 27: tensor.I64, 28: tensor.F64, 30: tensor.BF16,
}

// strangers names the types that are not read, for messages.
var strangers = map[uint32]string{
	4: "Q4_2", 5: "Q4_3", 9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S",
	21: "IQ3_S", 22: "IQ2_S", 25: "I16", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4",
}
