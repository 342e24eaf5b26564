"""Train an encoder: python train.py fit --config configs/quickstart.yaml"""

from lightning_modules.cli import TrainingCLI

if __name__ == "__main__":
    TrainingCLI()
