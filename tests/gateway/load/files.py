"""A tiny data directory made by hand: two chains, two tokens, a few of everything."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Final

ALICE: Final = "0x" + "a1" * 20
BOB: Final = "0x" + "b0" * 20
POOL: Final = "0x" + "c0" * 20
USDC: Final = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
WETH: Final = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
POOL_ID: Final = "11111111-2222-4333-8444-555555555555"


def tx(number: int) -> str:
    """A transaction hash."""
    return f"0x{number:064x}"


FILES: Final = {
    "reference/chains.csv": (
        "chain_id,name,short_name,native_name,native_symbol,native_decimals,is_testnet\n"
        "1,Ethereum Mainnet,eth,Ether,ETH,18,0\n"
        "5,Goerli,gor,Goerli Ether,ETH,18,1\n"
    ),
    "reference/tokens.csv": (
        "chain_id,address,symbol,name,decimals,lists\n"
        f"1,{USDC},USDC,USD Coin,6,uniswap|1inch\n"
        f"1,{WETH},WETH,Wrapped Ether,18,uniswap\n"
        f"1,0x{'e' * 40},ETH,Ether,18,1inch\n"
    ),
    "reference/protocols.jsonl": (
        '{"slug":"uniswap-v3","name":"Uniswap V3","category":"Dexes","chain":"Ethereum",'
        '"chains":["Ethereum","Somewhere New"],"description":"Swaps","audits":2}\n'
    ),
    "prices/daily_ohlcv.csv": (
        "symbol,date,open_usd,high_usd,low_usd,close_usd,volume_usd\n"
        "ETH,2024-01-01,2300,2400,2250,2350,1000\n"
        "ETH,2024-01-02,2350,2450,2300,2400,1000\n"
        "DUST,2024-01-02,0,0,0,0,0\n"
    ),
    "gas/ethereum_daily.csv": (
        "chain_id,date,avg_gas_price_wei,gas_used,avg_gas_limit,tx_count,eth_price_usd\n"
        "1,2015-07-30,0,0,0,8893,0.00\n"
        "1,2024-01-02,20000000000,100,30000000,7,2400\n"
    ),
    "chain/transactions.csv": (
        "chain_id,hash,block_number,block_timestamp,from_address,to_address,value_wei,"
        "gas_price_wei,gas_used,method_id,source\n"
        f"1,{tx(1)},90,2023-01-02T00:00:00Z,{ALICE},{BOB},1000000000000000000,5,21000,,test\n"
        f"1,{tx(2)},100,2024-01-02T00:00:00Z,{ALICE},{BOB},1500000000000000000,1000000000,21000,,test\n"
        f"1,{tx(3)},101,2024-01-02T00:01:00Z,{BOB},,0,1,,0x60606040,test\n"
    ),
    "dex/swaps.csv": (
        "chain_id,transaction_hash,log_index,block_number,block_timestamp,protocol,pool_address,"
        "fee_bps,token0_symbol,token0_address,token1_symbol,token1_address,sender,recipient,"
        "amount0,amount1,amount_usd,source\n"
        f"1,{tx(4)},7,102,2024-01-02T00:02:00Z,uniswap-v3,{POOL},5,USDC,{USDC},WETH,{WETH},{BOB},"
        f"{ALICE},-2400,1,2400,test\n"
        f"1,{tx(4)},8,102,2024-01-02T00:02:00Z,uniswap-v3,{POOL},5,USDC,{USDC},WETH,{WETH},{BOB},"
        f"{ALICE},0.000001,-0.000000000000000001,0.000001,test\n"
    ),
    "yields/pools.csv": (
        "pool_id,protocol_slug,chain,symbol,underlying_tokens,reward_tokens,source_pool_ref\n"
        f"{POOL_ID},uniswap-v3,Ethereum,USDC-WETH,{USDC}|{WETH},,{POOL}\n"
    ),
    "yields/pool_daily.csv": (
        "date,pool_id,protocol_slug,chain,symbol,tvl_usd,apy,apy_base,apy_reward\n"
        f"2024-01-01,{POOL_ID},uniswap-v3,Ethereum,USDC-WETH,1000,5,5,\n"
        f"2024-01-02,{POOL_ID},uniswap-v3,Ethereum,USDC-WETH,1100,6,5,1\n"
    ),
    "labels/address_labels.csv": (
        f"chain_id,address,name,labels,source\n1,{BOB},Kraken 4,kraken|exchange,etherscan-labels\n"
    ),
    "security/defi_hacks.csv": (
        "date,name,attack_type,loss_text,chain,attack_tx,poc_path,references\n"
        "2024-01-01,Uniswap V3,Nothing really,~1 ETH,ethereum,,,https://example.org/a\n"
    ),
    "security/incidents_normalised.csv": (
        "date,name,attack_type,loss_amount,loss_unit,chain,poc_path\n"
        "2024-01-01,Uniswap V3,Nothing,2400,USD,1,src/a.sol\n"
    ),
    "news/mentions.jsonl": (
        '{"published_at":"2024-01-01T00:00:00Z","headline":"Bitcoin and Ethereum rise",'
        '"sentiment":"0.5"}\n'
    ),
    "notes/unknown.csv": "a,b\n1,2\n",
    "reference/tokens.json": "[]\n",
}


def write_files(directory: Path, *, packed: bool = False) -> Path:
    """Write the directory, with every file as gzip when `packed`."""
    for name, text in FILES.items():
        path = directory / (f"{name}.gz" if packed else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    return directory
