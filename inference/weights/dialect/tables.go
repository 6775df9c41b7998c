package dialect

// A tongue is one way of naming one part. The marker is a tensor that it has and
// no other has.
type tongue struct {
	part   Part
	name   string
	marker string
	rules  []rule // to official names
}

// tongues lists every dialect. Where two markers fit, the first counts.
var tongues = []tongue{
	{Denoiser, "official", "head.modulation", nil},
	{Denoiser, "diffusers", "condition_embedder.time_embedder.linear_1.weight", denoiserDiffusers},
	{Text, "Hugging Face", "encoder.block.0.layer.0.SelfAttention.q.weight", textHuggingFace},
	{Text, "GGUF", "enc.blk.0.attn_q.weight", textGGUF},
	{Text, "official", "blocks.0.pos_embedding.embedding.weight", nil},
	{VAE, "official", "decoder.middle.0.residual.0.gamma", nil},
	{VAE, "diffusers", "decoder.mid_block.resnets.0.norm1.gamma", vaeDiffusers},
}

var denoiserDiffusers = []rule{
	{"condition_embedder.time_embedder.linear_1", "time_embedding.0"},
	{"condition_embedder.time_embedder.linear_2", "time_embedding.2"},
	{"condition_embedder.text_embedder.linear_1", "text_embedding.0"},
	{"condition_embedder.text_embedder.linear_2", "text_embedding.2"},
	{"condition_embedder.time_proj", "time_projection.1"},
	{"scale_shift_table", "head.modulation"},
	{"proj_out", "head.head"},
	{"blocks.*.scale_shift_table", "blocks.*.modulation"},
	{"blocks.*.attn1.to_q", "blocks.*.self_attn.q"},
	{"blocks.*.attn1.to_k", "blocks.*.self_attn.k"},
	{"blocks.*.attn1.to_v", "blocks.*.self_attn.v"},
	{"blocks.*.attn1.to_qkv", "blocks.*.self_attn.{q,k,v}"},
	{"blocks.*.attn1.to_out.0", "blocks.*.self_attn.o"},
	{"blocks.*.attn1", "blocks.*.self_attn"},
	{"blocks.*.attn2.to_q", "blocks.*.cross_attn.q"},
	{"blocks.*.attn2.to_k", "blocks.*.cross_attn.k"},
	{"blocks.*.attn2.to_v", "blocks.*.cross_attn.v"},
	{"blocks.*.attn2.to_kv", "blocks.*.cross_attn.{k,v}"},
	{"blocks.*.attn2.to_out.0", "blocks.*.cross_attn.o"},
	{"blocks.*.attn2", "blocks.*.cross_attn"},
	{"blocks.*.norm2", "blocks.*.norm3"}, // the two are swapped
	{"blocks.*.norm3", "blocks.*.norm2"},
	{"blocks.*.ffn.net.0.proj", "blocks.*.ffn.0"},
	{"blocks.*.ffn.net.2", "blocks.*.ffn.2"},
}

var textHuggingFace = []rule{
	{"shared", "token_embedding"},
	{"encoder.embed_tokens", "token_embedding"}, // tied; either may be the only one
	{"encoder.block.*.layer.0.layer_norm", "blocks.*.norm1"},
	{"encoder.block.*.layer.0.SelfAttention.relative_attention_bias", "blocks.*.pos_embedding.embedding"},
	{"encoder.block.*.layer.0.SelfAttention", "blocks.*.attn"},
	{"encoder.block.*.layer.1.layer_norm", "blocks.*.norm2"},
	{"encoder.block.*.layer.1.DenseReluDense.wi_0", "blocks.*.ffn.gate.0"},
	{"encoder.block.*.layer.1.DenseReluDense.wi_1", "blocks.*.ffn.fc1"},
	{"encoder.block.*.layer.1.DenseReluDense.wo", "blocks.*.ffn.fc2"},
	{"encoder.final_layer_norm", "norm"},
}

var textGGUF = []rule{
	{"token_embd", "token_embedding"},
	{"enc.blk.*.attn_norm", "blocks.*.norm1"},
	{"enc.blk.*.attn_q", "blocks.*.attn.q"},
	{"enc.blk.*.attn_k", "blocks.*.attn.k"},
	{"enc.blk.*.attn_v", "blocks.*.attn.v"},
	{"enc.blk.*.attn_o", "blocks.*.attn.o"},
	{"enc.blk.*.attn_rel_b", "blocks.*.pos_embedding.embedding"},
	{"enc.blk.*.ffn_norm", "blocks.*.norm2"},
	{"enc.blk.*.ffn_gate", "blocks.*.ffn.gate.0"},
	{"enc.blk.*.ffn_up", "blocks.*.ffn.fc1"},
	{"enc.blk.*.ffn_down", "blocks.*.ffn.fc2"},
	{"enc.output_norm", "norm"},
}

// In the VAE's stages the resampling follows two residual blocks in the encoder
// and three in the decoder.
var vaeDiffusers = []rule{
	{"quant_conv", "conv1"},
	{"post_quant_conv", "conv2"},
	{"encoder.conv_in", "encoder.conv1"},
	{"decoder.conv_in", "decoder.conv1"},
	{"encoder.norm_out", "encoder.head.0"},
	{"decoder.norm_out", "decoder.head.0"},
	{"encoder.conv_out", "encoder.head.2"},
	{"decoder.conv_out", "decoder.head.2"},
	{"encoder.mid_block.attentions.0", "encoder.middle.1"},
	{"decoder.mid_block.attentions.0", "decoder.middle.1"},
	{"encoder.mid_block.resnets.0.norm1", "encoder.middle.0.residual.0"},
	{"encoder.mid_block.resnets.0.conv1", "encoder.middle.0.residual.2"},
	{"encoder.mid_block.resnets.0.norm2", "encoder.middle.0.residual.3"},
	{"encoder.mid_block.resnets.0.conv2", "encoder.middle.0.residual.6"},
	{"encoder.mid_block.resnets.1.norm1", "encoder.middle.2.residual.0"},
	{"encoder.mid_block.resnets.1.conv1", "encoder.middle.2.residual.2"},
	{"encoder.mid_block.resnets.1.norm2", "encoder.middle.2.residual.3"},
	{"encoder.mid_block.resnets.1.conv2", "encoder.middle.2.residual.6"},
	{"decoder.mid_block.resnets.0.norm1", "decoder.middle.0.residual.0"},
	{"decoder.mid_block.resnets.0.conv1", "decoder.middle.0.residual.2"},
	{"decoder.mid_block.resnets.0.norm2", "decoder.middle.0.residual.3"},
	{"decoder.mid_block.resnets.0.conv2", "decoder.middle.0.residual.6"},
	{"decoder.mid_block.resnets.1.norm1", "decoder.middle.2.residual.0"},
	{"decoder.mid_block.resnets.1.conv1", "decoder.middle.2.residual.2"},
	{"decoder.mid_block.resnets.1.norm2", "decoder.middle.2.residual.3"},
	{"decoder.mid_block.resnets.1.conv2", "decoder.middle.2.residual.6"},
	{"encoder.down_blocks.*.resnets.*.norm1", "encoder.downsamples.*.downsamples.*.residual.0"},
	{"encoder.down_blocks.*.resnets.*.conv1", "encoder.downsamples.*.downsamples.*.residual.2"},
	{"encoder.down_blocks.*.resnets.*.norm2", "encoder.downsamples.*.downsamples.*.residual.3"},
	{"encoder.down_blocks.*.resnets.*.conv2", "encoder.downsamples.*.downsamples.*.residual.6"},
	{"encoder.down_blocks.*.resnets.*.conv_shortcut", "encoder.downsamples.*.downsamples.*.shortcut"},
	{"encoder.down_blocks.*.downsampler", "encoder.downsamples.*.downsamples.2"},
	{"decoder.up_blocks.*.resnets.*.norm1", "decoder.upsamples.*.upsamples.*.residual.0"},
	{"decoder.up_blocks.*.resnets.*.conv1", "decoder.upsamples.*.upsamples.*.residual.2"},
	{"decoder.up_blocks.*.resnets.*.norm2", "decoder.upsamples.*.upsamples.*.residual.3"},
	{"decoder.up_blocks.*.resnets.*.conv2", "decoder.upsamples.*.upsamples.*.residual.6"},
	{"decoder.up_blocks.*.resnets.*.conv_shortcut", "decoder.upsamples.*.upsamples.*.shortcut"},
	{"decoder.up_blocks.*.upsampler", "decoder.upsamples.*.upsamples.3"},
}
