"""Tiny models with random weights, built from config and saved as folders that the real loading code reads."""

# The libraries' own annotations refuse what their classes take.
# pyright: reportPrivateImportUsage=false, reportArgumentType=false, reportCallIssue=false
from __future__ import annotations

import json
from pathlib import Path

import torch


def clip_tokenizer(folder: Path):
    from transformers import CLIPTokenizer

    letters = [chr(i) for i in range(33, 127)]
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77), len(words)


def byte_tokenizer():
    from tokenizers import pre_tokenizers
    from transformers import Qwen2Tokenizer

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    vocab = {word: i for i, word in enumerate([*alphabet, *special])}
    tokenizer = Qwen2Tokenizer(vocab=vocab, merges=[], additional_special_tokens=special[1:])
    tokenizer.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    return tokenizer, len(vocab)


def qwen3(vocab: int, layers: int, width: int = 16):
    from transformers import Qwen3Config, Qwen3ForCausalLM

    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=vocab,
            hidden_size=width,
            intermediate_size=width,
            num_hidden_layers=layers,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=8,
            max_position_embeddings=512,
        )
    ).eval()


def stable_diffusion(folder: Path) -> Path:
    """The kind that `AutoPipeline*` read: Stable Diffusion 1."""
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    tokenizer, words = clip_tokenizer(folder.parent / "clip")
    text = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=words,
            hidden_size=32,
            intermediate_size=32,
            num_attention_heads=4,
            num_hidden_layers=1,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=1,
        )
    )
    unet = UNet2DConditionModel(
        block_out_channels=(16, 32),
        layers_per_block=1,
        sample_size=8,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=8,
        norm_num_groups=8,
    )
    vae = AutoencoderKL(
        block_out_channels=[8, 8, 8, 8],
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        latent_channels=4,
        norm_num_groups=4,
    )
    StableDiffusionPipeline(
        vae=vae,
        text_encoder=text,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=DDIMScheduler(steps_offset=1, clip_sample=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    return folder


def klein(folder: Path) -> Path:
    """FLUX.2 klein."""
    from diffusers import (
        AutoencoderKLFlux2,
        FlowMatchEulerDiscreteScheduler,
        Flux2KleinPipeline,
        Flux2Transformer2DModel,
    )

    torch.manual_seed(0)
    tokenizer, words = byte_tokenizer()
    vae = AutoencoderKLFlux2(
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
        mid_block_add_attention=False,
    )
    transformer = Flux2Transformer2DModel(
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=48,  # three of the text encoder's layers
        timestep_guidance_channels=16,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    Flux2KleinPipeline(
        vae=vae,
        text_encoder=qwen3(words, 28),  # the pipeline reads layers 9, 18 and 27
        tokenizer=tokenizer,
        scheduler=FlowMatchEulerDiscreteScheduler(),
        transformer=transformer,
        is_distilled=True,
    ).save_pretrained(folder)
    return folder


def z_image(folder: Path) -> Path:
    """Z-Image."""
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, ZImagePipeline, ZImageTransformer2DModel

    torch.manual_seed(0)
    tokenizer, words = byte_tokenizer()
    vae = AutoencoderKL(
        block_out_channels=[8, 8, 8, 8],
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        latent_channels=16,
        norm_num_groups=4,
        use_quant_conv=False,
        use_post_quant_conv=False,
        shift_factor=0.1159,
        scaling_factor=0.3611,
    )
    transformer = ZImageTransformer2DModel(
        in_channels=16,
        dim=32,
        n_layers=1,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=16,
        axes_dims=[8, 4, 4],
        axes_lens=[256, 32, 32],
    )
    ZImagePipeline(
        vae=vae,
        text_encoder=qwen3(words, 2),
        tokenizer=tokenizer,
        scheduler=FlowMatchEulerDiscreteScheduler(),
        transformer=transformer,
    ).save_pretrained(folder)
    return folder


def depth_anything(folder: Path, kind: str = "relative") -> Path:
    """Depth Anything V2."""
    from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config, DPTImageProcessor

    torch.manual_seed(0)
    backbone = Dinov2Config(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=56,
        patch_size=14,
        out_features=["stage1", "stage2", "stage3", "stage4"],
        reshape_hidden_states=False,
        apply_layernorm=True,
    )
    network = DepthAnythingForDepthEstimation(
        DepthAnythingConfig(
            backbone_config=backbone,
            reassemble_hidden_size=16,
            patch_size=14,
            neck_hidden_sizes=[8, 8, 8, 8],
            fusion_hidden_size=8,
            head_hidden_size=8,
            depth_estimation_type=kind,
            max_depth=20,
        )
    )
    last = network.head.conv3
    with torch.no_grad():  # a random last layer ends in a ReLU that is zero half of the time
        last.weight.abs_()
        torch.nn.init.constant_(last.bias, 0.3)  # pyright: ignore[reportArgumentType]
    network.save_pretrained(folder)
    DPTImageProcessor(size={"height": 56, "width": 56}, keep_aspect_ratio=True, ensure_multiple_of=14).save_pretrained(
        folder
    )
    return folder


def qwen_image(folder: Path) -> Path:
    """Qwen-Image."""
    from diffusers import (
        AutoencoderKLQwenImage,
        FlowMatchEulerDiscreteScheduler,
        QwenImagePipeline,
        QwenImageTransformer2DModel,
    )
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    torch.manual_seed(0)
    tokenizer, words = byte_tokenizer()
    text = Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(
            text_config={
                "vocab_size": words,
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "num_key_value_heads": 1,
                "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 1e6},
            },
            vision_config={
                "depth": 1,
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_heads": 2,
                "out_hidden_size": 16,
                "fullatt_block_indexes": [0],
            },
        )
    ).eval()
    QwenImagePipeline(
        vae=AutoencoderKLQwenImage(
            base_dim=8,
            z_dim=4,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            latents_mean=[0.0] * 4,
            latents_std=[1.0] * 4,
        ),
        text_encoder=text,
        tokenizer=tokenizer,
        scheduler=FlowMatchEulerDiscreteScheduler(),
        transformer=QwenImageTransformer2DModel(
            in_channels=16,
            out_channels=4,
            num_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=16,
            axes_dims_rope=(4, 6, 6),
        ),
    ).save_pretrained(folder)
    return folder


def sam2(folder: Path) -> Path:
    """SAM 2."""
    from transformers import Sam2Config, Sam2Model

    torch.manual_seed(0)
    backbone = {
        "model_type": "sam2_hiera_det_model",
        "hidden_size": 8,
        "image_size": [128, 128],
        "blocks_per_stage": [1, 1, 2, 1],
        "embed_dim_per_stage": [8, 16, 32, 64],
        "num_attention_heads_per_stage": [1, 1, 2, 2],
        "window_size_per_stage": [8, 4, 8, 4],
        "global_attention_blocks": [3],
    }
    vision = {
        "model_type": "sam2_vision_model",
        "backbone_config": backbone,
        "backbone_channel_list": [64, 32, 16, 8],
        "backbone_feature_sizes": [[32, 32], [16, 16], [8, 8]],
        "fpn_hidden_size": 32,
    }
    network = Sam2Model(
        Sam2Config(
            vision_config=vision,
            prompt_encoder_config={"hidden_size": 32, "image_size": 128},
            mask_decoder_config={
                "hidden_size": 32,
                "mlp_dim": 32,
                "num_attention_heads": 2,
                "iou_head_hidden_dim": 16,
            },
        )
    )
    network.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"size": {"height": 128, "width": 128}}))
    return folder


def clipseg(folder: Path) -> Path:
    """CLIPSeg."""
    from transformers import CLIPSegConfig, CLIPSegForImageSegmentation

    torch.manual_seed(0)
    tokenizer, vocab = clip_tokenizer(folder)
    layers = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2}
    network = CLIPSegForImageSegmentation(
        CLIPSegConfig(
            text_config={**layers, "vocab_size": vocab, "max_position_embeddings": 77, "eos_token_id": 1},
            vision_config={**layers, "image_size": 64, "patch_size": 16},
            projection_dim=16,
            extract_layers=[0, 1, 2],
            reduce_dim=8,
            decoder_num_attention_heads=2,
            decoder_intermediate_size=16,
        )
    )
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"size": {"height": 96, "width": 96}}))
    return folder


def sana(folder: Path) -> Path:
    """SANA-WM."""
    from diffusers import (
        AutoencoderKLLTX2Video,
        FlowMatchEulerDiscreteScheduler,
        SanaWMPipeline,
        SanaWMTransformer3DModel,
    )
    from transformers import Gemma2Config, Gemma2ForCausalLM, GemmaTokenizer

    torch.manual_seed(0)
    letters = [chr(i) for i in range(33, 127)]
    words = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", "\n", *letters, *(f"<0x{i:02X}>" for i in range(256))]
    tokenizer = GemmaTokenizer(vocab={word: i for i, word in enumerate(words)}, merges=[])
    text = Gemma2ForCausalLM(
        Gemma2Config(
            vocab_size=len(words),
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=8,
        )
    ).eval()
    vae = AutoencoderKLLTX2Video(
        latent_channels=8,
        block_out_channels=(8, 16, 32, 64),
        decoder_block_out_channels=(8, 16, 32),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1),
        spatial_compression_ratio=32,
        temporal_compression_ratio=8,
    )
    transformer = SanaWMTransformer3DModel(
        in_channels=8,
        num_layers=2,
        hidden_size=32,
        num_attention_heads=2,
        linear_head_dim=16,
        softmax_every_n=2,
        chunk_plucker_post_attn_blocks=2,
        caption_channels=16,
        mixed_precision="no",
    )
    SanaWMPipeline(
        tokenizer=tokenizer,
        text_encoder=text,
        vae=vae,
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(),
    ).save_pretrained(folder)
    return folder


def sam3(folder: Path) -> Path:
    """SAM 3; needs torchvision."""
    from transformers import Sam3Config, Sam3ImageProcessor, Sam3Model, Sam3Processor

    torch.manual_seed(0)
    tokenizer, words = clip_tokenizer(folder.parent / "clip3")
    small = {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 32}
    vision = {
        "model_type": "sam3_vision_model",
        "backbone_config": {
            "model_type": "sam3_vit_model",
            **small,
            "num_hidden_layers": 2,
            "image_size": 112,
            "pretrain_image_size": 56,
            "patch_size": 14,
            "window_size": 4,
            "global_attn_indexes": [1],
        },
        "fpn_hidden_size": 32,
        "backbone_feature_sizes": [[32, 32], [16, 16], [8, 8]],
    }
    text = {
        "model_type": "clip_text_model",
        **small,
        "vocab_size": words,
        "projection_dim": 32,
        "num_hidden_layers": 1,
        "max_position_embeddings": 32,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": 1,
    }
    Sam3Model(
        Sam3Config(
            vision_config=vision,
            text_config=text,
            geometry_encoder_config={**small, "num_layers": 1},
            detr_encoder_config={**small, "num_layers": 1},
            detr_decoder_config={**small, "num_layers": 1, "num_queries": 5},
            mask_decoder_config={"hidden_size": 32, "num_attention_heads": 2},
        )
    ).save_pretrained(folder)
    pictures = Sam3ImageProcessor(size={"height": 112, "width": 112})
    Sam3Processor(image_processor=pictures, tokenizer=tokenizer, target_size=112).save_pretrained(folder)
    return folder
