"""Train an encoder: python train.py fit --config quickstart"""

from lightning_modules.training_command import main

if __name__ == "__main__":
    main()
